/** Names, texts and shapes that were written to trip an analyzer. */
import type { Random } from "./random.ts";

export const hostileNames = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "fetch",
  "XMLHttpRequest",
  "WebSocket",
  "EventSource",
  "navigator",
  "window",
  "self",
  "globalThis",
  "arguments",
  "undefined",
  "NaN",
  "exports",
  "module",
  "require",
  "default",
  "then",
  "length",
  "name",
  "call",
  "apply",
  "bind",
  "get",
  "set",
  "async",
  "of",
  "let",
  "ℂ",
  "ａ",
  "\\u0061b",
  "ᢆ",
] as const;

export const hostileTexts = [
  "__proto__",
  "constructor",
  "toString",
  "",
  "/",
  "//",
  "///a//b",
  "?",
  "#",
  "%",
  "%2e%2e",
  "/%E0%A4%A",
  "../../../etc/passwd",
  "https://user:pw@host.example/a",
  "https://[::1",
  "http://a b/",
  "javascript:alert(1)",
  "data:text/javascript,fetch('/x')",
  "blob:x",
  "wss://h.example/s",
  "{x}",
  "/{a}/{a*}/{}",
  "/a?__proto__=1&constructor=2&a[]=3&&=&=x",
  "\\ud800",
  "\\0",
  "\\u202e/a",
  "a\\nb",
  "SELECT * FROM accounts",
  "UPDATE accounts SET a = $1",
  "SELECT 1; DELETE FROM t",
  "mutation M($id: ID!) { a }",
  "-----BEGIN PRIVATE KEY-----",
  "postgres://u:p4ssw0rd1@db.example/x",
  "/api/v1/",
  ".",
  "..",
  "\\u2028",
] as const;

export const hostileNumbers = [
  "0",
  "-0",
  "1e999",
  "0xffffffffffffffff",
  "1n",
  "9007199254740993",
  ".5e-324",
  "1_0",
  "NaN",
] as const;

type Shape = (random: Random, name: () => string) => string;

const repeat = (count: number, give: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => give(at)).join("");

/** Statements that stand for themselves or change what a name of the script means. */
export const hostileShapes: readonly Shape[] = [
  (_, name) => `${name()} = {...${name()}, ...${name()}};`,
  (_, name) => `${name()} = ${name()}; ${name()} = ${name()};`,
  (_, name) => `${name()}.self = ${name()};`,
  (_, name) => `Object.assign(${name()}, ${name()}, {...${name()}});`,
  (_, name) => `${name()}.prototype.m = function () { return this.m(${name()}) + this.n };`,
  (_, name) => `${name()} += ${name()} + ${name()};`,
  (random, name) => repeat(random.size(40), () => `${name()} += ${name()};`),
  (_, name) => `[${name()}, ${name()}] = [${name()}, ...${name()}];`,
  (_, name) => `({a: ${name()}, ...${name()}} = ${name()});`,
  (_, name) => `for (${name()} of [${name()}, ...${name()}]) fetch(${name()});`,
  (_, name) => `for (${name()} in ${name()}) ${name()}[${name()}] = ${name()};`,
  (_, name) => `function rec(a, b) { return rec(b, a) + fetch(a + rec(b)); } rec(${name()}, rec);`,
  (_, name) => `var one = () => two(), two = () => one() + ${name()}; fetch(one());`,
  (_, name) =>
    `class Loop extends Loop { get x() { return this.x + super.x } static s = Loop.s; u = this.u } fetch(new Loop().x + Loop.s + ${name()});`,
  (_, name) =>
    `class A1 extends B1 { constructor() { super(...arguments); this.a = this; } } class B1 extends A1 {} fetch(new A1(${name()}).a.a.b);`,
  (_, name) =>
    `const cyc = { get a() { return this.b }, get b() { return this.a }, ["__proto__"]: ${name()}, __proto__: null }; fetch(cyc.a + cyc.b);`,
  (random, name) => `fetch(${repeat(random.size(60), (at) => `q${at} ? "/p${at}" : `)}${name()});`,
  (random, name) =>
    `fetch(${repeat(random.size(60), (at) => `q${at} ? \`/p\${${name()}}\` : `)}"/z");`,
  (random, name) =>
    `switch (${name()}) {${repeat(random.size(60), (at) => `case ${at}: ${name()} = "/c${at}";`)}}`,
  (random, name) => `fetch(${"[".repeat(random.size(40))}${name()}${"]".repeat(3)}`,
  (random, name) => {
    const depth = random.size(60);
    return `fetch(${"(".repeat(depth)}${name()}${")".repeat(depth)});`;
  },
  (random, name) => `fetch(${name()}${".then(x => x)".repeat(random.size(40))});`,
  (random, name) => `fetch(${name()}${".a".repeat(random.size(80))});`,
  (random, name) => `fetch("/x"${'+"y"'.repeat(random.size(300))} + ${name()});`,
  (random, name) =>
    `var w = (p, o) => fetch(p, o); ${repeat(random.size(80), (at) => `w(${name()} + "/${at}", {method: "POST", ...${name()}});`)}`,
  (random, name) =>
    `var o0 = {method: "PUT"}; ${repeat(random.size(60), (at) => `var o${at + 1} = {...o${at}, ...o${at}};`)} fetch("/a", ${name()});`,
  (_, name) => `new Proxy(${name()}, { get: (t, k) => t[k] }).post("/a");`,
  (_, name) =>
    `fetch.call(null, ${name()}); fetch.apply(null, [${name()}]); fetch.bind(null, "/b")(${name()});`,
  (_, name) =>
    `Reflect.apply(fetch, null, [${name()}]); (0, eval)("fetch('/e')"); window[${name()}](1);`,
  (_, name) => `var {fetch: f1, ...rest1} = window; f1(${name()}); rest1.XMLHttpRequest;`,
  (_, name) =>
    `var x1 = new XMLHttpRequest; x1.open(${name()}, ${name()}); x1.send(${name()}); x1.open();`,
  (_, name) =>
    `navigator.sendBeacon(${name()}, new URLSearchParams({a: ${name()}, __proto__: 1}));`,
  (_, name) => `new WebSocket(${name()}, ${name()}); new EventSource();`,
  (_, name) => `fetch(new Request(new Request(${name()}), {method: ${name()}}));`,
  (_, name) =>
    `fetch(new URL(${name()}, ${name()}), {method: "DELETE", body: JSON.stringify({__proto__: 1, constructor: ${name()}, toString() {}})});`,
  (_, name) =>
    `fetch("/a", {headers: {__proto__: "x", constructor: "y", authorization: "Bearer " + ${name()}}, body: new FormData});`,
  (_, name) =>
    `fetch("/" + [${name()}, , ...${name()}].join("/").concat(${name()}).replace(${name()}, "$&").toUpperCase());`,
  () =>
    `fetch; fetch?.(); fetch\`/t\`; typeof fetch; delete window.fetch; ({fetch}); [fetch] = [fetch]; fetch = fetch; fetch++;`,
  (_, name) => `label: { break label; } with_: for (;;) { continue with_; } ${name()};`,
  (_, name) =>
    `async function* gen() { yield* gen(); await fetch(yield ${name()}); for await (const z of gen()) fetch(z); }`,
  (_, name) =>
    `try { throw ${name()} } catch ({a, b: [c]}) { fetch(a + c) } finally { fetch(${name()}) }`,
  (_, name) => `var {a: {b: [, {c = ${name()}} = {}] = []} = {}} = ${name()}; fetch(c);`,
  (_, name) =>
    `function dflt({a = ${name()}, ...r} = {}, [b = a] = [], c = dflt(), ...d) { return fetch(a + b, r, ...d) } dflt(${name()}, ...${name()});`,
  (_, name) =>
    `(() => { var m = {__proto__: (e, t, n) => { n("__proto__") }, 1: (e, t, n) => { e.exports = n(1) }, constructor: function (e, t, n) { n.d(t, {a: () => n}) }}; var c = {}; function r(i) { var a = c[i]; if (void 0 !== a) return a.exports; var e = c[i] = {exports: {}}; return m[i](e, e.exports, r), e.exports } r.d = (e, t) => { for (var n in t) Object.defineProperty(e, n, {enumerable: !0, get: t[n]}) }; var z = r("__proto__"); fetch(z.a + r(1) + ${name()}) })();`,
  (_, name) =>
    `var cl = axios.create({baseURL: ${name()}}); cl = cl.create(cl.defaults); cl.get(${name()}); cl[${name()}](1); cl.constructor("/x");`,
];
