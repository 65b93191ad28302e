/** How people decide: how quickly, how often yes, how often the same again. */
import { useEffect, useState } from "preact/hooks";
import type { Figures } from "../../contract/approval.ts";
import { ApiRefusal, fetchFigures } from "./api.ts";
import { span, visible } from "./text.ts";

const percent = (part: number, whole: number): string =>
  whole === 0 ? "–" : `${Math.round((100 * part) / whole)} %`;
const time = (value: number | null): string => (value === null ? "–" : span(value));

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Tables({ figures }: { figures: Figures }) {
  const { held, decided, denied, expired, median, ninetieth, repeats, released } = figures;
  return (
    <>
      <dl class="figures">
        <Figure name="Held" value={String(held)} />
        <Figure name="Decided" value={String(decided)} />
        <Figure name="Approved of these" value={percent(decided - denied, decided)} />
        <Figure name="Median wait" value={time(median)} />
        <Figure name="Nine of ten within" value={time(ninetieth)} />
        <Figure name="Expired undecided" value={percent(expired, held)} />
        <Figure name="Asked for again" value={String(repeats)} />
        <Figure name="Released alone" value={String(released)} />
      </dl>
      <table>
        <caption>Who decided</caption>
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col">Votes</th>
            <th scope="col">Approved</th>
            <th scope="col">Median wait</th>
          </tr>
        </thead>
        <tbody>
          {figures.deciders.map((one) => (
            <tr key={one.subject}>
              <th scope="row">{visible(one.subject)}</th>
              <td>{one.votes}</td>
              <td>{percent(one.approved, one.votes)}</td>
              <td>{time(one.median)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

export function FiguresPage({ turn }: { turn: number }) {
  const [shown, setShown] = useState<Figures | string | null>(null);
  useEffect(() => {
    fetchFigures().then(setShown, (error: unknown) =>
      setShown(error instanceof ApiRefusal ? error.message : String(error)),
    );
  }, [turn]);
  return (
    <section class="wide-page">
      <h2>The last thirty days</h2>
      {shown === null ? <p class="quiet">…</p> : null}
      {typeof shown === "string" ? <p class="bad">{shown}</p> : null}
      {shown !== null && typeof shown !== "string" ? <Tables figures={shown} /> : null}
    </section>
  );
}
