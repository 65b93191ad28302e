/** The page's state: which view, which rows, which approval is open; kept fresh by the event stream. */
import { useCallback, useEffect, useState } from "preact/hooks";
import type { ApprovalDetail, ApprovalView } from "../../contract/approval.ts";
import { ApiRefusal, fetchDetail, fetchList, follow } from "./api.ts";
import { wishOf, type Wish } from "./decide.tsx";
import { Detail, type DetailProps } from "./detail.tsx";
import { FiguresPage } from "./figures.tsx";
import { List, type ListProps } from "./list.tsx";
import {
  endStates,
  ordered,
  pageSize,
  queryOf,
  viewNames,
  type Filters,
  type ViewName,
} from "./views.ts";

const nothing: Filters = { app: "", operation: "", state: "" };

function idOfPage(): string | null {
  return /^\/approvals\/([\w-]+)$/.exec(location.pathname)?.[1] ?? null;
}

function textOf(error: unknown): string {
  return error instanceof ApiRefusal ? error.message : String(error);
}

/** Counts changes, at most one a moment: a burst is looked at once. */
function useTurns(): [number, () => void] {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let timer: number | undefined;
    const stop = follow(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        setTurn((last) => last + 1);
      }, 150);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, []);
  return [turn, () => setTurn((last) => last + 1)];
}

interface Rows {
  readonly list: readonly ApprovalView[];
  readonly hasMore: boolean;
  readonly fault: string;
}

function useRows(view: ViewName, filters: Filters, turn: number): [Rows, () => void] {
  const [rows, setRows] = useState<Rows>({ list: [], hasMore: false, fault: "" });
  const load = useCallback(
    (before: string | undefined, kept: readonly ApprovalView[]) => {
      fetchList(queryOf(view, filters, before)).then(
        (list) =>
          setRows({ list: [...kept, ...list], hasMore: list.length >= pageSize, fault: "" }),
        (error: unknown) => setRows((last) => ({ ...last, fault: textOf(error) })),
      );
    },
    [view, filters],
  );
  useEffect(() => {
    if (view !== "figures") load(undefined, []);
  }, [load, view, turn]);
  return [rows, () => load(rows.list.at(-1)?.id, rows.list)];
}

/** An approval, why it cannot be shown, or none. */
type Shown = ApprovalDetail | string | null;

function useDetail(id: string | null, turn: number): Shown {
  const [shown, setShown] = useState<Shown>(null);
  useEffect(() => {
    let isOld = false;
    if (id === null) setShown(null);
    else {
      fetchDetail(id).then(
        (detail) => (isOld ? undefined : setShown(detail)),
        (error: unknown) => (isOld ? undefined : setShown(textOf(error))),
      );
    }
    return () => {
      isOld = true;
    };
  }, [id, turn]);
  return shown;
}

function Views({ view, onView }: { view: ViewName; onView: (view: ViewName) => void }) {
  return (
    <nav class="views" aria-label="Lists">
      {viewNames.map(([name, label]) => (
        <button
          key={name}
          type="button"
          aria-current={name === view ? "page" : undefined}
          onClick={() => onView(name)}
        >
          {label}
        </button>
      ))}
    </nav>
  );
}

interface FilterProps {
  readonly view: ViewName;
  readonly filters: Filters;
  readonly onFilter: (filters: Filters) => void;
}

function FilterForm({ view, filters, onFilter }: FilterProps) {
  const change = (name: keyof Filters) => (event: Event) => {
    const field = event.target as HTMLInputElement | HTMLSelectElement;
    onFilter({ ...filters, [name]: field.value.trim() });
  };
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      <label>
        App
        <input value={filters.app} onChange={change("app")} placeholder="any" />
      </label>
      <label>
        Operation
        <input value={filters.operation} onChange={change("operation")} placeholder="any" />
      </label>
      {view === "history" ? (
        <label>
          State
          <select value={filters.state} onChange={change("state")}>
            <option value="">any</option>
            {endStates.map((state) => (
              <option key={state}>{state}</option>
            ))}
          </select>
        </label>
      ) : null}
    </form>
  );
}

/** Whether keys are for what is typed into. */
function isTyping(event: KeyboardEvent): boolean {
  const { target } = event;
  const isModified = event.ctrlKey || event.metaKey || event.altKey;
  return (
    isModified || (target instanceof Element && target.closest("input, select, textarea") !== null)
  );
}

interface KeysProps {
  readonly rows: readonly ApprovalView[];
  readonly chosen: string | null;
  readonly detail: ApprovalDetail | null;
  readonly onChoose: (id: string | null) => void;
  readonly onWish: (wish: Wish) => void;
}

/** `j` and `k` go through the list, the letters on the buttons press them, Escape leaves. */
function useKeys({ rows, chosen, detail, onChoose, onWish }: KeysProps): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (isTyping(event)) return;
      const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
      const wish = detail === null ? undefined : wishOf(event.key, detail);
      if (step !== undefined) {
        const at = rows.findIndex(({ id }) => id === chosen);
        const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))];
        if (next !== undefined) onChoose(next.id);
      } else if (event.key === "Escape") onChoose(null);
      else if (wish !== undefined) onWish(wish);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });
}

function useChosen(): [string | null, (id: string | null) => void] {
  const [chosen, setChosen] = useState(idOfPage());
  useEffect(() => {
    const go = (): void => setChosen(idOfPage());
    addEventListener("popstate", go);
    return () => removeEventListener("popstate", go);
  }, []);
  const choose = (id: string | null): void => {
    if (id === chosen) return;
    history.pushState(null, "", id === null ? "/" : `/approvals/${id}`);
    setChosen(id);
  };
  return [chosen, choose];
}

/** Releases that nobody has reviewed are shown to everybody, wherever they are. */
function Alarm({ turn, onOpen }: { turn: number; onOpen: () => void }) {
  const [count, setCount] = useState(0);
  useEffect(() => {
    fetchList(queryOf("review", nothing)).then(
      (list) => setCount(list.length),
      () => setCount(0),
    );
  }, [turn]);
  if (count === 0) return null;
  return (
    <p class="alarm" role="alert">
      The glass was broken: {count} {count === 1 ? "call was" : "calls were"} released by one person
      alone, and not reviewed.{" "}
      <button type="button" class="link" onClick={onOpen}>
        Show
      </button>
    </p>
  );
}

/** An approval that was chosen, or why it cannot be shown. */
function Chosen({ shown, ...props }: Omit<DetailProps, "detail"> & { shown: Shown }) {
  if (shown === null) return <section class="detail" />;
  return (
    <section class="detail">
      {typeof shown === "string" ? (
        <p class="bad">{shown}</p>
      ) : (
        <Detail {...props} detail={shown} />
      )}
    </section>
  );
}

interface SideProps extends FilterProps, Omit<ListProps, "label" | "now" | "hasMore"> {
  readonly fault: string;
  readonly hasMore: boolean;
}

function Side({ fault, ...props }: SideProps) {
  const label = viewNames.find(([name]) => name === props.view)?.[1] ?? "";
  return (
    <section class="side">
      <FilterForm {...props} />
      {fault === "" ? null : <p class="bad">{fault}</p>}
      <List {...props} label={label} now={Date.now()} />
      <p class="quiet keys">
        <kbd>j</kbd> <kbd>k</kbd> through the list, letters on the buttons, <kbd>Esc</kbd> back
      </p>
    </section>
  );
}

export function Inbox() {
  const [view, setView] = useState<ViewName>("waiting");
  const [filters, setFilters] = useState(nothing);
  const [turn, look] = useTurns();
  const [{ list, hasMore, fault }, more] = useRows(view, filters, turn);
  const [chosen, choose] = useChosen();
  const [wish, setWish] = useState<Wish | null>(null);
  const [told, setTold] = useState("");
  const found = useDetail(chosen, turn);
  const isOther = found !== null && typeof found !== "string" && found.id !== chosen;
  const shown = isOther ? null : found;
  const detail = typeof shown === "string" ? null : shown;
  const rows = ordered(view, list);
  const open = (id: string | null): void => {
    setWish(null);
    setTold("");
    choose(id);
  };
  useKeys({ rows, chosen, detail, onChoose: open, onWish: setWish });
  const done = (text: string): void => {
    setWish(null);
    setTold(text);
    look();
  };
  const go = (next: ViewName): void => {
    setView(next);
    open(null);
  };
  const side = { view, filters, fault, rows, chosen, hasMore, onChoose: open, onMore: more };
  const acting = { wish, onWish: setWish, onDone: done, onChoose: open };
  return (
    <main class={`inbox ${chosen === null ? "" : "has-detail"}`}>
      <div class="top">
        <h1>Approvals</h1>
        <Alarm turn={turn} onOpen={() => go("review")} />
        <Views view={view} onView={go} />
        <p class="told" role="status">
          {told}
        </p>
      </div>
      {view === "figures" ? <FiguresPage turn={turn} /> : <Side {...side} onFilter={setFilters} />}
      <Chosen shown={shown} {...acting} onBack={() => open(null)} />
    </main>
  );
}
