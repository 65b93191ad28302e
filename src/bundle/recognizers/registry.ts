/** The recognizers, in the order in which they run: those of clients first, for their own sinks are then excluded. Generated. */
import { apolloRecognizer } from "./apollo/apollo.ts";
import { axiosRecognizer } from "./axios/axios.ts";
import { beaconRecognizer } from "./beacon/beacon.ts";
import { eventsourceRecognizer } from "./eventsource/eventsource.ts";
import { fetchRecognizer } from "./fetch/fetch.ts";
import { fetchEventSourceRecognizer } from "./fetch-event-source/fetch-event-source.ts";
import { formsRecognizer } from "./forms/forms.ts";
import { graphqlRequestRecognizer } from "./graphql-request/graphql-request.ts";
import { indirectRecognizer } from "./indirect/indirect.ts";
import { kyRecognizer } from "./ky/ky.ts";
import { libsqlRecognizer } from "./libsql/libsql.ts";
import { loadsRecognizer } from "./loads/loads.ts";
import { mysql2Recognizer } from "./mysql2/mysql2.ts";
import { neonRecognizer } from "./neon/neon.ts";
import { ofetchRecognizer } from "./ofetch/ofetch.ts";
import { openapiFetchRecognizer } from "./openapi-fetch/openapi-fetch.ts";
import { pgRecognizer } from "./pg/pg.ts";
import { planetscaleRecognizer } from "./planetscale/planetscale.ts";
import { postgresRecognizer } from "./postgres/postgres.ts";
import { rtkQueryRecognizer } from "./rtk-query/rtk-query.ts";
import { supabaseRecognizer } from "./supabase/supabase.ts";
import { unknownClientRecognizer } from "./unknown-client/unknown-client.ts";
import { urqlRecognizer } from "./urql/urql.ts";
import { websocketRecognizer } from "./websocket/websocket.ts";
import { xhrRecognizer } from "./xhr/xhr.ts";
import type { Recognizer } from "./recognizer.ts";

export const recognizers: readonly Recognizer[] = [
  apolloRecognizer,
  axiosRecognizer,
  fetchEventSourceRecognizer,
  graphqlRequestRecognizer,
  kyRecognizer,
  libsqlRecognizer,
  mysql2Recognizer,
  neonRecognizer,
  ofetchRecognizer,
  openapiFetchRecognizer,
  pgRecognizer,
  planetscaleRecognizer,
  postgresRecognizer,
  rtkQueryRecognizer,
  supabaseRecognizer,
  urqlRecognizer,
  fetchRecognizer,
  xhrRecognizer,
  beaconRecognizer,
  websocketRecognizer,
  eventsourceRecognizer,
  unknownClientRecognizer,
  indirectRecognizer,
  formsRecognizer,
  loadsRecognizer,
];
