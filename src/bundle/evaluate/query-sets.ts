/**
 * Sets of queries about what a question assumes, and how it answers them. While one question is asked every query has one
 * answer, so that a set has one situation: all its answers together, as a number.
 */
import type { FunctionNode } from "../modules/syntax.ts";

/** What a value may hang on: something that the questions asked about a place may differ in. */
export interface Query {
  readonly kind: "call" | "around" | "unused" | "decisions" | "place" | "question";
  readonly fn: FunctionNode | undefined;
  /** Sets are put together in this order. */
  readonly order: number;
  answer: unknown;
  /** A number for the answer, below `answerCap`. */
  answerId: number;
  /** The question that gave this answer. */
  answeredIn: number;
}

/** How the queries of sets are answered. */
export interface Answers {
  readonly question: number;
  answerId(query: Query): number;
}

/** A situation in which nothing was ever found. */
export const nowhere = -1;

const answerCap = 2 ** 24;

/** One object for each set. */
export class QuerySet {
  readonly all: ReadonlySet<Query>;
  /** The query that comes last in order, and the set of the others. */
  readonly last: Query | undefined;
  private readonly others: QuerySet | undefined;
  private readonly larger = new Map<Query, QuerySet>();
  private readonly joined = new Map<QuerySet, QuerySet>();
  /** By the situation of the others and the last answer. */
  private readonly situations = new Map<number, number>();
  private situation = 0;
  private answeredIn = -1;

  constructor(others?: QuerySet, last?: Query) {
    this.others = others;
    this.last = last;
    this.all = new Set(others === undefined || last === undefined ? [] : [...others.all, last]);
  }

  with(one: Query): QuerySet {
    if (this.all.has(one)) return this;
    const known = this.larger.get(one);
    if (known !== undefined) return known;
    const { last, others } = this;
    const made =
      last === undefined || others === undefined || last.order < one.order
        ? new QuerySet(this, one)
        : others.with(one).with(last);
    this.larger.set(one, made);
    return made;
  }

  /** The set without its last query, if that is this one. */
  without(one: Query): QuerySet {
    return this.last === one && this.others !== undefined ? this.others : this;
  }

  and(others: QuerySet): QuerySet {
    if (others.last === undefined || others === this) return this;
    if (this.last === undefined) return others;
    const known = this.joined.get(others);
    if (known !== undefined) return known;
    const made = [...others.all].reduce<QuerySet>((all, one) => all.with(one), this);
    this.joined.set(others, made);
    return made;
  }

  /** The situation of a question; `nowhere` for one that is not known yet, unless it is to be. */
  situationIn(answers: Answers, isKept = false): number {
    if (this.answeredIn === answers.question && !(isKept && this.situation === nowhere)) {
      return this.situation;
    }
    this.answeredIn = answers.question;
    this.situation = this.findSituation(answers, isKept);
    return this.situation;
  }

  private findSituation(answers: Answers, isKept: boolean): number {
    const { last, others } = this;
    if (last === undefined || others === undefined) return 0;
    // No two questions are ever in the same.
    if (last.kind === "question") return answers.question;
    const before = others.situationIn(answers, isKept);
    if (before === nowhere) return nowhere;
    const key = before * answerCap + answers.answerId(last);
    const known = this.situations.get(key);
    if (known !== undefined || !isKept) return known ?? nowhere;
    const made = this.situations.size;
    this.situations.set(key, made);
    return made;
  }
}
