import { describe, expect, it } from "vitest";
import { analyzeBundle } from "../../../src/bundle/analyze.ts";
import { bundleOf } from "../in-memory.ts";

function list(count: number, give: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => give(at)).join("");
}

const next = (at: number, count: number): number => (at + 1) % count;

/** Scripts that cost an evaluator without bounds more than anyone can wait for: quadratic, exponential, endless. */
const traps: readonly (readonly [string, string])[] = [
  ["a ladder of ternaries", `fetch(${list(1000, (at) => `a === ${at} ? "/p${at}" : `)}"/z")`],
  [
    "a ladder of else",
    `var u; ${list(1500, (at) => `if (a === ${at}) u = "/p${at}"; else `)}u = ""; fetch(u)`,
  ],
  [
    "a giant switch",
    `var u; switch (k) {${list(5000, (at) => `case ${at}: u = "/p${at}"; break;`)}} fetch(u)`,
  ],
  [
    "functions that call each other",
    `${list(200, (at) => `function f${at}(a, b) { return f${next(at, 200)}(a + b, b + a) + f${(at * 7 + 3) % 200}(b, a) }`)} fetch(f0("/a", "/b"))`,
  ],
  [
    "functions that call the one below twice",
    `function f0(x) { return x } ${list(60, (at) => `function f${at + 1}(x) { return f${at}(x) + f${at}(x) }`)} fetch("/" + f60("a"))`,
  ],
  [
    "callers that fan out",
    `function f0(u) { return fetch(u) } ${list(9, (at) => `function f${at + 1}(u) { ${`f${at}(u + "/x");`.repeat(6)} }`)} f9("/a")`,
  ],
  ["a text that doubles", `let s = "/aaaaaaaa"; ${"s += s;".repeat(40)} fetch(s)`],
  [
    "a text that doubles in a loop",
    `let s = "/aaaaaaaa"; for (let i = 0; i < 100; i++) { ${"s += s;".repeat(30)} } fetch(s)`,
  ],
  [
    "a text of all texts before it",
    `var u = "/"; ${list(60, (at) => `u = u + "${at}" + u;`)} fetch(u)`,
  ],
  ["a long text many times", `const s = "${"a".repeat(1e6)}"; fetch("/x"${"+ s".repeat(150)})`],
  [
    "texts of texts of a long text",
    `const a = "${"a".repeat(1e5)}"; const b = a${"+ a".repeat(30)}; const c = b${"+ b".repeat(30)}; fetch("/" + c)`,
  ],
  [
    "a text replaced again and again",
    `fetch("/${"a".repeat(5000)}"${'.replaceAll("a", "aa")'.repeat(30)})`,
  ],
  [
    "a template of templates",
    `const t0 = "/a"; ${list(60, (at) => `const t${at + 1} = \`\${t${at}}/\${t${at}}\`;`)} fetch(t60)`,
  ],
  ["a template of many holes", `fetch(\`/a${"${x}/".repeat(10_000)}\`)`],
  [
    "objects that spread the one before",
    `const o0 = { method: "POST" }; ${list(5000, (at) => `const o${at + 1} = { ...o${at} };`)} fetch("/a", o5000)`,
  ],
  [
    "objects that spread the one before twice",
    `const o0 = { method: "POST" }; ${list(60, (at) => `const o${at + 1} = { ...o${at}, ...o${at} };`)} fetch("/a", o60)`,
  ],
  [
    "an object of 10,000 spreads",
    `${list(10_000, (at) => `const o${at} = { k${at}: ${at} };`)} fetch("/a", {${list(10_000, (at) => `...o${at},`)}})`,
  ],
  [
    "objects that spread each other",
    `const a = { ...b }, b = { ...a, ...a, ...b }; fetch("/a", { ...a, ...b })`,
  ],
  [
    "getters that read each other twice",
    `const o = {${list(2000, (at) => `get g${at}() { return o.g${at + 1} + o.g${at + 1} },`)} g2000: "/a" }; fetch(o.g0)`,
  ],
  [
    "classes that extend each other",
    `class C0 { u() { return "/a" } } ${list(2000, (at) => `class C${at + 1} extends C${at} {}`)} fetch(new C2000().u())`,
  ],
  [
    "classes in a circle",
    `class A extends B { u() { return super.u() + this.u() } } class B extends A { get x() { return this.x } } fetch(new A().u() + new B().x)`,
  ],
  [
    "3,000 callers of a wrapper",
    `function w(p, o) { return fetch("/api/" + p, o) } ${list(3000, (at) => `w("p${at}", { method: "POST" });`)}`,
  ],
  [
    "3,000 calls of an alias",
    `var f0 = fetch; ${list(2000, (at) => `var f${at + 1} = f${at};`)} ${list(1000, (at) => `f2000("/p${at}");`)}`,
  ],
  ["a long chain of promises", `p${'.then((r) => fetch("/a"))'.repeat(300)}`],
  ["a long chain of members", `fetch(a${".b".repeat(3000)})`],
  [
    "a list of 100,000",
    `const a = [${list(100_000, (at) => `"/p${at}",`)}]; for (const u of a) fetch(u); fetch("/" + a.join("/"))`,
  ],
  ["100,000 arguments", `fetch("/a"${", 1".repeat(100_000)})`],
  [
    "a pattern of many names",
    `function f(${list(2000, (at) => `a${at}, `)}z) { return fetch(z) } f(${list(2000, (at) => `"/p${at}", `)}"/z")`,
  ],
];

describe("a trap for the evaluator", () => {
  it.each(traps)("is left: %s", async (_what, code) => {
    let steps = Number.POSITIVE_INFINITY;
    const { sites } = await analyzeBundle(bundleOf({ "a.js": code }), "trap", {
      onWork: (count) => (steps = count),
    });
    expect(sites.length).toBeGreaterThan(0);
    for (const { status, reason } of sites) {
      expect(status === "resolved" || (reason ?? "") !== "").toBe(true);
    }
    expect(steps).toBeLessThan(1_000_000);
  });

  it("is left: an address that a renderer sets for all components", async () => {
    const render = list(7, (at) => `function r${at}(p) { ${`r${at - 1}(p.child);`.repeat(4)} }`);
    const code = `fetch("/a"); function r_1(p) { p.on && (image.src = p.src) } ${render.replaceAll("r-1", "r_1")} r6(page)`;
    let steps = Number.POSITIVE_INFINITY;
    await analyzeBundle(bundleOf({ "a.js": code }), "trap", { onWork: (count) => (steps = count) });
    expect(steps).toBeLessThan(30_000);
  });
});
