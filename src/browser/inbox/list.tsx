/** The list of a view: one row an approval, chosen by mouse or keyboard. */
import type { ApprovalView } from "../../contract/approval.ts";
import { span, visible } from "./text.ts";

function noteOf(row: ApprovalView, now: number): string {
  if (row.state === "pending") return `ends in ${span(Date.parse(row.expiresAt) - now)}`;
  return row.finishedAt === null ? "" : `${span(now - Date.parse(row.finishedAt))} ago`;
}

function Row({ row, isChosen, now }: { row: ApprovalView; isChosen: boolean; now: number }) {
  const twins = row.identical.length;
  return (
    <li>
      <a
        href={`/approvals/${row.id}`}
        class={`row ${isChosen ? "chosen" : ""}`}
        aria-current={isChosen ? "true" : undefined}
        data-id={row.id}
      >
        <span class={`badge ${row.state}`}>{row.state}</span>
        <strong>{visible(row.words ?? row.operation)}</strong>
        <span class="quiet">
          {visible(row.requester.subject)} · {row.app} · {span(now - Date.parse(row.createdAt))} ago
        </span>
        <span class="quiet">
          {noteOf(row, now)}
          {twins > 0 ? <b class="warn"> · {twins} identical</b> : null}
          {row.release !== null && row.release.review === null ? (
            <b class="warn"> · released alone</b>
          ) : null}
        </span>
      </a>
    </li>
  );
}

export interface ListProps {
  readonly label: string;
  readonly rows: readonly ApprovalView[];
  readonly chosen: string | null;
  readonly now: number;
  readonly hasMore: boolean;
  readonly onChoose: (id: string) => void;
  readonly onMore: () => void;
}

export function List({ label, rows, chosen, now, hasMore, onChoose, onMore }: ListProps) {
  const choose = (event: MouseEvent): void => {
    const link = event.target instanceof Element ? event.target.closest("a[data-id]") : null;
    const id = link?.getAttribute("data-id");
    if (id === null || id === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    onChoose(id);
  };
  if (rows.length === 0) return <p class="quiet empty">Nothing is here.</p>;
  return (
    <>
      <ul class="rows" aria-label={label} onClick={choose}>
        {rows.map((row) => (
          <Row key={row.id} row={row} isChosen={row.id === chosen} now={now} />
        ))}
      </ul>
      {hasMore ? (
        <button type="button" onClick={onMore}>
          More
        </button>
      ) : null}
    </>
  );
}
