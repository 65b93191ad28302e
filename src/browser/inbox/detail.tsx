/** One approval: what it is, what is said of it, and what may be done. */
import type { ApprovalDetail, Said } from "../../contract/approval.ts";
import { Decide, type DecideProps } from "./decide.tsx";
import { Arguments, Facts, Like, Preview, Statement } from "./facts.tsx";
import { utc, visible } from "./text.ts";

function SaidLine({ what, said }: { what: string; said: Said }) {
  return (
    <li>
      {what} by <strong>{visible(said.subject)}</strong>, {utc(said.time)}: {visible(said.note)}
    </li>
  );
}

function Votes({ detail }: { detail: ApprovalDetail }) {
  const { votes, release, resolution } = detail;
  const review = release?.review ?? null;
  if (votes.length === 0 && release === null && resolution === null) return null;
  return (
    <section>
      <h3>Said so far</h3>
      <ul class="plain">
        {votes.map((vote) => (
          <li key={`${vote.issuer} ${vote.subject}`}>
            {vote.decision === "approve" ? "Approved" : "Denied"} by{" "}
            <strong>{visible(vote.subject)}</strong>, {utc(vote.time)}
            {vote.ticket === null ? "" : ` under ${visible(vote.ticket)}`}
            {vote.reason === null ? "" : `: ${visible(vote.reason)}`}
          </li>
        ))}
        {release === null ? null : <SaidLine what="Released alone" said={release} />}
        {review === null ? null : <SaidLine what="Reviewed" said={review} />}
        {release !== null && review === null ? (
          <li class="warn">Its review is open: by {visible(release.reviewers.join(" or "))}.</li>
        ) : null}
        {resolution === null ? null : (
          <SaidLine
            what={resolution.ran ? "Found to have run" : "Found not to have run"}
            said={resolution}
          />
        )}
      </ul>
    </section>
  );
}

export interface DetailProps extends DecideProps {
  readonly onChoose: (id: string) => void;
  readonly onBack: () => void;
}

export function Detail(props: DetailProps) {
  const { detail, onChoose, onBack } = props;
  return (
    <article aria-labelledby="about">
      <button type="button" class="back" onClick={onBack}>
        ← All
      </button>
      <h2 id="about" tabIndex={-1}>
        {visible(detail.words ?? detail.operation)}{" "}
        <span class={`badge ${detail.state}`}>{detail.state}</span>
      </h2>
      <Decide {...props} />
      <Arguments detail={detail} />
      <Statement detail={detail} />
      <Facts detail={detail} />
      {detail.previewable ? <Preview key={detail.id} id={detail.id} /> : null}
      <Votes detail={detail} />
      <Like detail={detail} onChoose={onChoose} />
      <p>
        <a href={`/audit?approval=${encodeURIComponent(detail.id)}`}>Its entries in the trail</a>
      </p>
    </article>
  );
}
