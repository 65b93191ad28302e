/** What the methods of `auth`, `storage` and `functions` send: one table of requests for each. */
import type { Field } from "../../../contract/operation.ts";
import { argumentValues } from "../../evaluate/arguments.ts";
import type { Answer } from "../../evaluate/contexts.ts";
import { asText, joinTexts } from "../../evaluate/texts.ts";
import {
  plainText,
  textValue,
  type ParamValue,
  type Value,
  type Values,
} from "../../evaluate/values.ts";
import { optionValues, type FoundCall } from "../../operations/http-request.ts";
import type { Frame } from "../../evaluate/frame.ts";
import type { CalledMember } from "../member-uses.ts";
import type { RecognizerContext } from "../recognizer.ts";
import { answer, frameAt, type Client, type Sent } from "./client.ts";

/** A request: its method, its path below the service, and keys of its query; `=` before what always stands there. */
interface Request {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** `json` whatever its fields; `file` is sent in a form. */
  readonly body?: "json" | "file";
}

const post = (path: string, query: Request["query"] = {}): Request => ({
  method: "POST",
  path,
  query,
  body: "json",
});
const get = (path: string, query: Request["query"] = {}): Request => ({
  method: "GET",
  path,
  query,
});
const token = (grant: string): Request => post("token", { grant_type: `=${grant}` });

const redirect = { redirect_to: "string" };
const signUp = post("signup", redirect);
const otp = post("otp", redirect);
const verify = post("verify", redirect);
const refresh = token("refresh_token");
const user = get("user");

/** What a session that is there may send at any time: the token is renewed before it ends. */
const session = [refresh];

/** The requests by the methods of `auth`; those that are not listed are open. */
const auth: ReadonlyMap<string, readonly Request[]> = new Map([
  ["getSession", session],
  ["onAuthStateChange", session],
  ["startAutoRefresh", session],
  ["refreshSession", session],
  ["initialize", [...session, user]],
  ["setSession", [...session, user]],
  ["stopAutoRefresh", []],
  ["getUser", [...session, user]],
  ["getClaims", [...session, user, get(".well-known/jwks.json")]],
  ["getUserIdentities", [...session, user]],
  ["signInWithPassword", [token("password"), ...session]],
  ["signInWithIdToken", [token("id_token"), ...session]],
  ["signInWithOAuth", [token("pkce"), user, ...session]],
  ["exchangeCodeForSession", [token("pkce"), ...session]],
  ["signInAnonymously", [signUp, ...session]],
  ["signUp", [signUp, ...session]],
  ["signInWithOtp", [otp, ...session]],
  ["signInWithSSO", [post("sso"), ...session]],
  ["verifyOtp", [verify, ...session]],
  ["resend", [post("resend", redirect)]],
  ["reauthenticate", [get("reauthenticate")]],
  ["resetPasswordForEmail", [post("recover", redirect)]],
  ["updateUser", [{ ...post("user", redirect), method: "PUT" }, ...session]],
  ["signOut", [post("logout", { scope: "string" })]],
]);

/** The requests by the methods of a bucket: `{}` is the bucket, `{*}` the path of a file. */
const bucket: ReadonlyMap<string, readonly Request[]> = new Map([
  ["upload", [{ method: "POST", path: "object/{}/{*}", body: "file" }]],
  ["update", [{ method: "PUT", path: "object/{}/{*}", body: "file" }]],
  [
    "uploadToSignedUrl",
    [
      {
        method: "PUT",
        path: "object/upload/sign/{}/{*}",
        query: { token: "string" },
        body: "file",
      },
    ],
  ],
  ["createSignedUploadUrl", [post("object/upload/sign/{}/{*}")]],
  ["createSignedUrl", [post("object/sign/{}/{*}")]],
  ["createSignedUrls", [post("object/sign/{}")]],
  ["download", [get("object/{}/{*}")]],
  ["info", [get("object/info/{}/{*}")]],
  ["exists", [{ method: "HEAD", path: "object/{}/{*}" }]],
  ["list", [post("object/list/{}")]],
  ["remove", [{ ...post("object/{}"), method: "DELETE" }]],
  ["move", [post("object/move")]],
  ["copy", [post("object/copy")]],
  ["getPublicUrl", []],
]);

/** The requests by the methods of `storage` itself. */
const buckets: ReadonlyMap<string, readonly Request[]> = new Map([
  ["listBuckets", [get("bucket")]],
  ["getBucket", [get("bucket/{}")]],
  ["createBucket", [post("bucket")]],
  ["updateBucket", [{ ...post("bucket/{}"), method: "PUT" }]],
  ["emptyBucket", [post("bucket/{}/empty")]],
  ["deleteBucket", [{ ...post("bucket/{}"), method: "DELETE" }]],
]);

function fieldsOf(query: Request["query"]): Record<string, Field> {
  return Object.fromEntries(
    Object.entries(query ?? {}).map(([key, value]): [string, Field] => [
      key,
      value.startsWith("=") ? { literal: value.slice(1) } : "string",
    ]),
  );
}

function bodyOf(kind: Request["body"]): Values {
  if (kind === undefined) return [];
  return kind === "json"
    ? [{ kind: "json", of: { kind: "object", entries: [] } }]
    : [{ kind: "query", fields: new Map(), open: true, multipart: true }];
}

interface Asked {
  readonly client: Client;
  readonly service: string;
  /** The bucket, if there is one. */
  readonly bucket?: Values;
  readonly file?: Values;
}

/** The template with what is known of bucket and file. */
function pathOf(
  { path }: Request,
  asked: Asked,
): { path: Values; hard: ParamValue[]; open: string[] } {
  const hard = (asked.bucket ?? []).filter((value) => value.kind === "param");
  const isOpen = (asked.bucket ?? []).some(
    (one) => plainText(one) === undefined && one.kind !== "param",
  );
  const open = isOpen && path.includes("{}") ? ["its bucket is only known at run time"] : [];
  const pieces = `${asked.service}/${path}`.split(/(\{\*?\})/).filter((piece) => piece !== "");
  const sets = pieces.map((piece) => {
    if (piece === "{*}") return { values: asked.file ?? [] };
    return { values: piece === "{}" ? (asked.bucket ?? []) : [textValue(piece)] };
  });
  return { path: joinTexts(sets), hard: path.includes("{}") ? hard : [], open };
}

function requestAnswer(
  context: RecognizerContext,
  asked: Asked,
  request: Request,
): Answer<FoundCall> {
  const { path, hard, open } = pathOf(request, asked);
  const sent: Sent = {
    method: request.method,
    path,
    query: { fields: fieldsOf(request.query), open: request.path.startsWith("object") },
    body: bodyOf(request.body),
    headers: request.body === "file" ? ["cache-control", "x-upsert"] : [],
    hard,
    open,
    anyJson: request.body === "json",
  };
  const found = answer(context, asked.client, sent);
  return request.path.endsWith("{*}") ? { ...found, results: found.results.map(wholePath) } : found;
}

/** The path of a file has as many segments as it likes. */
function wholePath(found: FoundCall): FoundCall {
  const { operation } = found;
  if (operation?.kind !== "http") return found;
  const path = operation.path.replace(
    /^((?:\/[^/{]+)*\/storage\/v1\/object(?:\/(?:sign|upload\/sign|info))?\/[^/]+)\/.*$/,
    "$1/{file*}",
  );
  return { ...found, operation: { ...operation, path } };
}

function several(answers: readonly Answer<FoundCall>[]): Answer<FoundCall> {
  return {
    results: answers.flatMap(({ results }) => results),
    open: answers.flatMap(({ open }) => open),
    needs: {
      hard: answers.flatMap(({ needs }) => needs.hard),
      soft: answers.flatMap(({ needs }) => needs.soft),
    },
  };
}

const notKnown = (name: string): Answer<FoundCall> => ({
  results: [],
  open: [`what its method ${name} sends is not known`],
  needs: { hard: [], soft: [] },
});

/** What a method of `auth` sends. */
export function authAnswer(
  context: RecognizerContext,
  client: Client,
  { name }: CalledMember,
): Answer<FoundCall> {
  const requests = auth.get(name);
  if (requests === undefined) return notKnown(`auth.${name}`);
  return several(
    requests.map((one) => requestAnswer(context, { client, service: "auth/v1" }, one)),
  );
}

function argument(
  context: RecognizerContext,
  { call }: CalledMember,
  at: { readonly index: number; readonly frame: Frame },
): Values {
  const caller = frameAt(context, call, at.frame);
  return argumentValues(context.evaluator, { args: call.arguments, caller }, at.index);
}

/** A hole for what a file is called: its values say nothing of the operation. */
const anyFile: Values = [{ kind: "unknown", type: "string" }];

/** What a method of a bucket sends, or of `storage` itself where no bucket is given. */
export function storageAnswer(
  context: RecognizerContext,
  client: Client,
  at: {
    readonly from: CalledMember | undefined;
    readonly method: CalledMember;
    readonly frame: Frame;
  },
): Answer<FoundCall> {
  const { from, method, frame } = at;
  const requests = (from === undefined ? buckets : bucket).get(method.name);
  if (requests === undefined) return notKnown(`storage.${method.name}`);
  const named = argument(context, from ?? method, { index: 0, frame });
  const asked = { client, service: "storage/v1", bucket: named, file: anyFile };
  return several(requests.map((one) => requestAnswer(context, asked, one)));
}

/** What `functions.invoke(name, { method, body })` sends. */
export function invokeAnswer(
  context: RecognizerContext,
  client: Client,
  at: { readonly method: CalledMember; readonly frame: Frame },
): Answer<FoundCall> {
  if (at.method.name !== "invoke") return notKnown(`functions.${at.method.name}`);
  const { evaluator } = context;
  const names = argument(context, at.method, { index: 0, frame: at.frame });
  const options = argument(context, at.method, { index: 1, frame: at.frame });
  const methods = optionValues(evaluator, options, "method").map(
    (value) => plainText(value) ?? "POST",
  );
  const hard = names.filter((value) => value.kind === "param");
  const isOpen = names.some((value) => plainText(value) === undefined && value.kind !== "param");
  const open = isOpen ? ["its function is only known at run time"] : [];
  const path = joinTexts([
    { values: [textValue("functions/v1/")] },
    { values: names.map((one) => asText(one)) },
  ]);
  const body = optionValues(evaluator, options, "body").map(sentBody);
  return several(
    [...new Set(methods)].map((method) =>
      answer(context, client, {
        method,
        path,
        query: { fields: { forceFunctionRegion: "string" }, open: false },
        body: method === "GET" ? [] : body,
        headers: ["x-region"],
        hard,
        open,
      }),
    ),
  );
}

/** Objects are sent as JSON, files and texts as they are. */
function sentBody(value: Value): Value {
  return value.kind === "object" || value.kind === "array" || value.kind === "param"
    ? { kind: "json", of: value }
    : value;
}
