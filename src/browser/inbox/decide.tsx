/** What a person may do to a held call, and the form by which they do it. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ApprovalDetail } from "../../contract/approval.ts";
import { act, ApiRefusal } from "./api.ts";

export type Wish = "approve" | "deny" | "cancel" | "break-glass" | "review" | "ran" | "not-ran";

interface WishFacts {
  readonly label: string;
  readonly key?: string;
  readonly isAllowed: (detail: ApprovalDetail) => boolean;
  readonly says: string;
}

const isOpen = ({ state }: ApprovalDetail): boolean => state === "pending" || state === "approved";

export const wishes: Readonly<Record<Wish, WishFacts>> = {
  approve: {
    label: "Approve",
    key: "a",
    isAllowed: ({ you }) => you.mayDecide,
    says: "Reason",
  },
  deny: { label: "Deny", key: "d", isAllowed: ({ you }) => you.mayDecide, says: "Reason" },
  cancel: {
    label: "Cancel",
    key: "c",
    isAllowed: (detail) => isOpen(detail) && (detail.you.isRequester || detail.you.mayDecide),
    says: "Reason",
  },
  "break-glass": {
    label: "Break the glass",
    key: "b",
    isAllowed: ({ you }) => you.mayRelease,
    says: "Why nobody else can decide it (everybody is told)",
  },
  review: {
    label: "Review",
    key: "r",
    isAllowed: ({ you }) => you.mayReview,
    says: "What you found",
  },
  ran: { label: "It ran", isAllowed: ({ you }) => you.mayResolve, says: "How you know" },
  "not-ran": {
    label: "It did not run",
    isAllowed: ({ you }) => you.mayResolve,
    says: "How you know",
  },
};
const allWishes = Object.keys(wishes) as readonly Wish[];

/** The wish that a key stands for, if it may be wished. */
export function wishOf(key: string, detail: ApprovalDetail): Wish | undefined {
  return allWishes.find((wish) => wishes[wish].key === key && wishes[wish].isAllowed(detail));
}

function needsText(wish: Wish, { demand }: ApprovalDetail): boolean {
  if (wish === "approve") return demand.justification;
  return wish !== "deny" && wish !== "cancel";
}

interface Said {
  readonly text: string;
  readonly ticket: string;
}

function send(wish: Wish, { id, argumentsDigest: digest, demand }: ApprovalDetail, said: Said) {
  const text = said.text.trim() === "" ? null : said.text;
  const ticket = demand.ticket === null || wish !== "approve" ? {} : { ticket: said.ticket.trim() };
  switch (wish) {
    case "approve":
    case "deny":
      return act(id, "decision", { decision: wish, reason: text, digest, ...ticket });
    case "cancel":
      return act(id, "cancel", { reason: text });
    case "break-glass":
      return act(id, "break-glass", { reason: text, digest });
    case "review":
      return act(id, "review", { note: text });
    case "ran":
    case "not-ran":
      return act(id, "resolve", { ran: wish === "ran", note: text });
  }
}

function valueOf(form: HTMLFormElement | null, name: string): string {
  return form?.querySelector<HTMLInputElement>(`input[name=${name}]`)?.value ?? "";
}

interface FormProps {
  readonly detail: ApprovalDetail;
  readonly wish: Wish;
  readonly onDone: (told: string) => void;
  readonly onLeave: () => void;
}

function Form({ detail, wish, onDone, onLeave }: FormProps) {
  const [refused, setRefused] = useState("");
  const form = useRef<HTMLFormElement>(null);
  useLayoutEffect(() => form.current?.querySelector("input")?.focus(), [wish]);
  const submit = (event: Event): void => {
    event.preventDefault();
    const said = { text: valueOf(form.current, "text"), ticket: valueOf(form.current, "ticket") };
    send(wish, detail, said).then(
      () => onDone(`${wishes[wish].label}: done.`),
      (error: unknown) => setRefused(error instanceof ApiRefusal ? error.message : String(error)),
    );
  };
  const leave = (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    // The page's own Escape would leave the approval too.
    event.stopPropagation();
    onLeave();
  };
  const isNeeded = needsText(wish, detail);
  return (
    <form ref={form} class="decide" onSubmit={submit} onKeyDown={leave}>
      <label>
        {wishes[wish].says}
        {isNeeded ? "" : " (optional)"}
        <input name="text" maxLength={2000} required={isNeeded} autocomplete="off" />
      </label>
      {wish === "approve" && detail.demand.ticket !== null ? (
        <label>
          Ticket ({detail.demand.ticket})
          <input name="ticket" maxLength={64} required autocomplete="off" />
        </label>
      ) : null}
      {refused === "" ? null : (
        <p class="bad" role="alert">
          {refused}
        </p>
      )}
      <div class="buttons">
        <button class={`do ${wish}`}>{wishes[wish].label}</button>
        <button type="button" onClick={onLeave}>
          Back
        </button>
      </div>
    </form>
  );
}

export interface DecideProps {
  readonly detail: ApprovalDetail;
  readonly wish: Wish | null;
  readonly onWish: (wish: Wish | null) => void;
  readonly onDone: (told: string) => void;
}

function whyNot({ you, state, demand }: ApprovalDetail): string {
  if (state !== "pending") return "";
  if (you.isRequester) return "You asked for it: somebody else decides.";
  return demand.approvers === null
    ? "No rule says who may release it: it can only be cancelled or expire."
    : "It is for others to decide, or you have voted.";
}

export function Decide({ detail, wish, onWish, onDone }: DecideProps) {
  const allowed = allWishes.filter((one) => wishes[one].isAllowed(detail));
  if (wish !== null && allowed.includes(wish)) {
    return <Form detail={detail} wish={wish} onDone={onDone} onLeave={() => onWish(null)} />;
  }
  const reason = whyNot(detail);
  const canDecide = detail.you.mayDecide || reason === "";
  return (
    <div class="decide">
      {canDecide ? null : <p class="quiet">{reason}</p>}
      <div class="buttons">
        {allowed.map((one) => (
          <button key={one} type="button" class={`do ${one}`} onClick={() => onWish(one)}>
            {wishes[one].label}
            {wishes[one].key === undefined ? null : <kbd aria-hidden="true">{wishes[one].key}</kbd>}
          </button>
        ))}
      </div>
    </div>
  );
}
