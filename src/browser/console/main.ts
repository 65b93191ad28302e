/** The operators' page for the trail: search, an entry's story, how far it is proven. Texts only; no markup is ever parsed. */
import type { AuditEntry } from "./entry.ts";
import { shownTime, stepNames, subjectOf, summaryOf } from "./describe.ts";
import { element } from "./elements.ts";
import {
  fetchEntries,
  fetchStatus,
  fetchStory,
  verifyNow,
  type TrailStatus,
  type Verdict,
} from "./trail-api.ts";

const pageSize = 50;
const fields = [
  ["subject", "Person", "ana"],
  ["app", "App", "support-console"],
  ["operation", "Operation", "post-accounts-credits-3f9a2c"],
  ["approval", "Approval", "id"],
  ["correlation", "Call", "correlation id"],
  ["since", "Since (UTC)", "2026-05-04 or 2026-05-04T13:00Z"],
  ["until", "Until (UTC)", "2026-05-05"],
] as const;

function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new RangeError(`the page lacks #${id}`);
  return found;
}

async function nodesOf(work: Promise<readonly Node[]>): Promise<readonly Node[]> {
  try {
    return await work;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return [element("p", { class: "bad", role: "alert" }, text)];
  }
}

/** Shows what a promise gives, or why it does not. */
function show(place: HTMLElement, work: Promise<readonly Node[]>): void {
  place.setAttribute("aria-busy", "true");
  void nodesOf(work).then((nodes) => {
    place.replaceChildren(...nodes);
    place.setAttribute("aria-busy", "false");
    return undefined;
  });
}

function queryOfPage(): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (value !== "" && name !== "entry") query.set(name, value);
  }
  return query;
}

function typeSelect(current: string): HTMLSelectElement {
  const options = ["", ...Object.keys(stepNames)].map((type) => {
    const option = element("option", { value: type }, type === "" ? "any" : type);
    option.selected = type === current;
    return option;
  });
  return element("select", { name: "type", id: "type" }, ...options);
}

function searchForm(): HTMLFormElement {
  const query = queryOfPage();
  const inputs = fields.map(([name, label, placeholder]) =>
    element(
      "label",
      { for: name },
      label,
      element("input", { name, id: name, placeholder, value: query.get(name) ?? "" }),
    ),
  );
  const type = element("label", { for: "type" }, "Type", typeSelect(query.get("type") ?? ""));
  const form = element(
    "form",
    { class: "search" },
    type,
    ...inputs,
    element("button", {}, "Search"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const asked = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string" && value.trim() !== "") asked.set(name, value.trim());
    }
    history.pushState(null, "", `?${asked.toString()}`);
    showList();
  });
  return form;
}

function badge(type: string): HTMLElement {
  return element("span", { class: `badge ${/^[a-z]+$/.test(type) ? type : ""}` }, type);
}

function row(entry: AuditEntry): HTMLElement {
  const open = element(
    "button",
    { class: "link", title: "Show its story", onClick: () => openStory(entry) },
    String(entry.seq),
  );
  return element(
    "tr",
    {},
    element("td", {}, open),
    element("td", { class: "time" }, shownTime(entry.time)),
    element("td", {}, badge(entry.type)),
    element("td", {}, entry.actor?.subject ?? "–"),
    element("td", { class: "wide" }, subjectOf(entry)),
    element("td", { class: "wide" }, summaryOf(entry)),
  );
}

function table(entries: readonly AuditEntry[]): HTMLElement {
  const heads = ["#", "Time (UTC)", "Type", "Who", "Operation", "What"];
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)));
  return element(
    "table",
    {},
    element("thead", {}, head),
    element("tbody", {}, ...entries.map(row)),
  );
}

async function listNodes(before: number | undefined): Promise<readonly Node[]> {
  const query = queryOfPage();
  query.set("limit", String(pageSize));
  query.set("newest", "true");
  if (before !== undefined) query.set("to", String(before));
  const entries = await fetchEntries(query);
  const last = entries.at(-1);
  if (last === undefined) return [element("p", { class: "quiet" }, "No entry fits.")];
  const older =
    entries.length < pageSize
      ? null
      : element("button", { onClick: () => showList(last.seq) }, "Older entries");
  return older === null ? [table(entries)] : [table(entries), older];
}

function showList(before?: number): void {
  show(byId("entries"), listNodes(before));
}

function step(entry: AuditEntry, chosen: AuditEntry): HTMLElement {
  const facts = [
    entry.actor === null ? "" : `by ${entry.actor.subject} (${entry.actor.groups.join(", ")})`,
    summaryOf(entry),
  ].filter((text) => text !== "");
  const raw = element(
    "details",
    {},
    element("summary", {}, `Entry ${entry.seq}`),
    element("pre", {}, JSON.stringify(entry, undefined, 2)),
  );
  if (entry.seq === chosen.seq) raw.open = true;
  return element(
    "li",
    { class: entry.seq === chosen.seq ? "chosen" : "" },
    element("strong", {}, stepNames[entry.type] ?? entry.type),
    element("span", { class: "quiet" }, ` ${shownTime(entry.time)}`),
    element("p", {}, facts.join(" · ")),
    raw,
  );
}

async function storyNodes(entry: AuditEntry): Promise<readonly Node[]> {
  const story = await fetchStory(entry);
  return [
    element("h2", {}, `The story of entry ${entry.seq}`),
    element("p", { class: "quiet" }, subjectOf(entry)),
    element("ol", { class: "story" }, ...story.map((one) => step(one, entry))),
  ];
}

function openStory(entry: AuditEntry): void {
  const query = queryOfPage();
  query.set("entry", String(entry.seq));
  history.replaceState(null, "", `?${query.toString()}`);
  show(byId("story"), storyNodes(entry));
}

function verdictNode(verdict: Verdict, time: string): HTMLElement {
  if (!verdict.ok) {
    const text = `Tampered (${verdict.kind}): ${verdict.reason}. Trust nothing from entry ${verdict.firstBad} on.`;
    return element("p", { class: "bad", role: "alert" }, text);
  }
  const clock =
    verdict.clockBack === null ? "" : ` The clock went back before entry ${verdict.clockBack}.`;
  const text = `Verified ${shownTime(time)}: ${verdict.size} entries, ${verdict.signed} of them signed.${clock}`;
  return element("p", { class: "good", role: "status" }, text);
}

function anchorNodes({ signing }: TrailStatus): readonly Node[] {
  if (signing === null) return [element("p", { class: "bad" }, "Nothing signs this trail.")];
  const signed =
    signing.signed === null
      ? "No checkpoint since the start."
      : `Signed up to ${signing.signed} entries.`;
  const anchors = signing.anchors.map(({ name, size, failing }) =>
    element(
      "li",
      { class: failing ? "bad" : "" },
      `${name}: ${failing ? "fails" : size === null ? "nothing yet" : `${size} entries`}`,
    ),
  );
  const none = element("p", { class: "quiet" }, "No anchor off this host is configured.");
  return [element("p", {}, signed), anchors.length === 0 ? none : element("ul", {}, ...anchors)];
}

async function verifiedNodes(): Promise<readonly Node[]> {
  await verifyNow();
  return statusNodes();
}

async function statusNodes(): Promise<readonly Node[]> {
  const status = await fetchStatus();
  const { verified } = status;
  const button = element(
    "button",
    { onClick: () => show(byId("status"), verifiedNodes()) },
    "Verify now",
  );
  return [
    element("h2", {}, "Verification"),
    verified === null
      ? element("p", { class: "quiet" }, "Not verified since the start.")
      : verdictNode(verified.verdict, verified.time),
    ...anchorNodes(status),
    element(
      "p",
      { class: "quiet root" },
      `${status.origin} · ${status.size} entries · root ${status.root}`,
    ),
    button,
  ];
}

function start(): void {
  byId("search").replaceChildren(searchForm());
  show(byId("status"), statusNodes());
  showList();
  const entry = new URLSearchParams(location.search).get("entry");
  if (entry !== null && /^\d{1,15}$/.test(entry)) {
    fetchEntries(new URLSearchParams({ from: entry, limit: "1" }))
      .then(([first]) => (first === undefined ? undefined : openStory(first)))
      .catch(() => undefined);
  }
}

addEventListener("popstate", start);
start();
