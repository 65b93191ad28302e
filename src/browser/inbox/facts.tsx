/** What an approver sees of a held call: all of it. Nothing is shortened, and nothing hides. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { ApprovalDetail, ApprovalPreview, PreviewRow } from "../../contract/approval.ts";
import { ApiRefusal, fetchPreview } from "./api.ts";
import { leavesOf, mixesScripts, span, utc, visible } from "./text.ts";

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

export function Arguments({ detail }: { detail: ApprovalDetail }) {
  if (detail.arguments === null) return <p class="quiet">Removed: the call is over.</p>;
  const leaves = leavesOf(detail.arguments);
  if (leaves.length === 0) return <p class="quiet">None.</p>;
  return (
    <table class="arguments">
      <thead>
        <tr>
          <th scope="col">Argument</th>
          <th scope="col">Value</th>
        </tr>
      </thead>
      <tbody>
        {leaves.map(({ path, value, kind }) => (
          <tr key={path}>
            <th scope="row">{visible(path)}</th>
            <td>
              <code class={kind}>{visible(value)}</code>
              {mixesScripts(value) ? (
                <b class="warn"> letters of several alphabets in one word</b>
              ) : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function approversText({ demand, quorum }: ApprovalDetail): string {
  if (demand.approvers === null) return "nobody: no rule says who";
  const { all, any } = demand.approvers;
  const named = all ?? any ?? [];
  const groups = named.join(all === undefined ? " or " : " and of ");
  const reason = demand.justification ? ", with a reason" : "";
  const ticket = demand.ticket === null ? "" : `, with a ticket that fits ${demand.ticket}`;
  return `${quorum} ${quorum === 1 ? "person" : "people"} of ${groups}${reason}${ticket}`;
}

export function Facts({ detail }: { detail: ApprovalDetail }) {
  const { requester, places, rule } = detail;
  return (
    <dl class="facts">
      <Fact name="Asked by">
        {visible(requester.subject)}{" "}
        <span class="quiet">({visible(requester.groups.join(", "))})</span>
      </Fact>
      <Fact name="In">
        {detail.app}
        {places.map(({ screen, at }) => (
          <span key={at}>
            {" "}
            · {screen} <code>{visible(at)}</code>
          </span>
        ))}
      </Fact>
      <Fact name="Resource">{detail.resource}</Fact>
      <Fact name="Needs">{visible(approversText(detail))}</Fact>
      <Fact name="Asked">{utc(detail.createdAt)}</Fact>
      <Fact name="Ends">{utc(detail.expiresAt)}</Fact>
      {detail.detached ? <Fact name="Page">gave up: it runs only if asked for again</Fact> : null}
      {detail.resultStatus === null ? null : (
        <Fact name="Answer">HTTP {String(detail.resultStatus)}</Fact>
      )}
      <Fact name="Digest">
        <code>{detail.argumentsDigest}</code>
      </Fact>
      {rule === null ? null : (
        <Fact name="Held by">
          <details>
            <summary>
              {rule.name} <code>{visible(rule.place)}</code>
            </summary>
            <pre>{visible(rule.text)}</pre>
          </details>
        </Fact>
      )}
    </dl>
  );
}

export function Statement({ detail }: { detail: ApprovalDetail }) {
  const texts = detail.statements.length === 0 ? [detail.summary] : detail.statements;
  return (
    <>
      {texts.map((text, index) => (
        <pre key={index}>{visible(text)}</pre>
      ))}
    </>
  );
}

export function Like({
  detail,
  onChoose,
}: {
  detail: ApprovalDetail;
  onChoose: (id: string) => void;
}) {
  const { approved, denied, other, latest } = detail.like;
  const open = (id: string) => (event: Event) => {
    event.preventDefault();
    onChoose(id);
  };
  return (
    <section>
      <h3>The same operation before</h3>
      {latest.length === 0 ? (
        <p class="quiet">Nothing was decided of it yet.</p>
      ) : (
        <>
          <p class="quiet">
            {approved} approved, {denied} denied, {other} otherwise
          </p>
          <ul class="plain">
            {latest.map(({ id, state, requester, time, identical, reason }) => (
              <li key={id}>
                <a href={`/approvals/${id}`} onClick={open(id)}>
                  {span(Date.now() - Date.parse(time))} ago
                </a>{" "}
                <span class={`badge ${state}`}>{state}</span> {visible(requester)}
                {identical ? <b class="warn"> · the same arguments</b> : null}
                {reason === null ? null : ` · ${visible(reason)}`}
              </li>
            ))}
          </ul>
        </>
      )}
      {detail.identical.length === 0 ? null : (
        <p class="warn">
          {detail.identical.length} identical{" "}
          {detail.identical.length === 1 ? "one waits" : "ones wait"}:{" "}
          {detail.identical.map((id) => (
            <a key={id} href={`/approvals/${id}`} onClick={open(id)}>
              {id.slice(0, 8)}{" "}
            </a>
          ))}
        </p>
      )}
    </section>
  );
}

function cell(row: PreviewRow | null, name: string): string {
  return row === null ? "" : visible(row[name] ?? "NULL");
}

function PreviewTable({ preview }: { preview: ApprovalPreview }) {
  const rows = preview.rows ?? [];
  return (
    <>
      {rows.map(({ before, after }, index) => (
        <table class="preview" key={index}>
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col">Before</th>
              <th scope="col">After</th>
            </tr>
          </thead>
          <tbody>
            {Object.keys({ ...before, ...after }).map((name) => {
              const isChanged = before?.[name] !== after?.[name];
              return (
                <tr key={name} class={isChanged ? "changed" : ""}>
                  <th scope="row">{visible(name)}</th>
                  <td>{cell(before, name)}</td>
                  <td>{cell(after, name)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      ))}
      <p class="quiet">
        {preview.more ? "There are more rows. " : ""}
        Rolled back again. It cannot show what triggers do elsewhere, it uses up numbers of
        sequences, and others may change the rows until the call runs.
      </p>
    </>
  );
}

/** What a statement would change; asked for by hand, because it runs the statement. */
export function Preview({ id }: { id: string }) {
  const [shown, setShown] = useState<ApprovalPreview | string | null>(null);
  const load = (): void => {
    fetchPreview(id).then(setShown, (error: unknown) =>
      setShown(error instanceof ApiRefusal ? error.message : String(error)),
    );
  };
  return (
    <section aria-live="polite">
      <h3>What it would change</h3>
      {shown === null ? (
        <button type="button" onClick={load}>
          Show before and after
        </button>
      ) : typeof shown === "string" ? (
        <p class="bad">{shown}</p>
      ) : shown.rows === null ? (
        <p class="quiet">{visible(shown.reason ?? "")}</p>
      ) : shown.rows.length === 0 ? (
        <p class="quiet">No row.</p>
      ) : (
        <PreviewTable preview={shown} />
      )}
    </section>
  );
}
