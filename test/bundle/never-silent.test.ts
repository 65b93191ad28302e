/** One line each that reaches the network, or may: each is an operation or an open site on its line, or excluded with a reason. */
import { describe, expect, it } from "vitest";
import type { Site } from "../../src/contract/build.ts";
import { analyzeBundle } from "../../src/bundle/analyze.ts";
import { bundleOf } from "./in-memory.ts";

/** The last line is the one that counts; what is before it sets the scene. */
const told: readonly string[] = [
  // Other windows.
  `const { contentWindow: w } = iframe; w.fetch("/api/x")`,
  `const { contentWindow: { fetch: f } } = iframe; f("/api/x")`,
  `const { defaultView: w } = document; w.fetch("/api/x")`,
  `let w; ({ contentWindow: w } = iframe); new w.WebSocket("wss://x.example/a")`,
  `window.opener.fetch("/api/x")`,
  `window.frames["name"].fetch("/api/x")`,
  `frames[0]["fet" + "ch"]("/api/x")`,
  `iframe.contentWindow[key]("/api/x")`,
  `const w = window.open(""); w.fetch("/api/x")`,
  `onmessage = (event) => event.source.fetch("/api/x")`,
  `onclick = (event) => event.view.fetch("/api/x")`,
  `node.ownerDocument.defaultView["fetch"]("/api/x")`,
  // Loads and navigations to data.
  `location = "/api/export"`,
  `window.location = "/api/export"`,
  `location.href = "/api/export"`,
  `location.assign("/api/export")`,
  `location.replace("/api/export")`,
  `location.assign.call(location, "/api/export")`,
  `const { location: l } = window; l.href = "/api/export"`,
  `open("/api/export")`,
  `window.open.call(window, "/api/export")`,
  `const { open } = window; open("/api/export")`,
  `const { open: o } = window; o("/api/export")`,
  `const w = window.open(""); w.location = "/api/export"`,
  `navigation.navigate("/api/export")`,
  `new Audio("/api/sound")`,
  // Code in the elements of the page.
  `const script = document.createElement("script"); script.textContent = "fetch('/api/x')"`,
  `const script = document.createElement("script"); script.textContent = code`,
  `const script = document.createElement("script"); script.text = "fetch('/api/x')"`,
  `const script = document.createElement("script"); script.innerHTML = code`,
  `const script = document.createElement("script"); script.append("fetch('/api/x')")`,
  `const script = document.createElement("script"); script.appendChild(document.createTextNode("fetch('/api/x')"))`,
  `script.textContent = "fetch('/api/x')"`,
  `element.innerHTML = "<img src=x onerror=fetch('/api/x')>"`,
  `element.insertAdjacentHTML("beforeend", "<img src=x onerror=fetch('/api/x')>")`,
  `document.createRange().createContextualFragment("<script>fetch('/x')</script>")`,
  `element.setAttribute("onclick", "fetch('/api/x')")`,
  `element.setAttribute("onclick", code)`,
  `link.href = "javascript:fetch('/api/x')"`,
  `location.href = "javascript:fetch('/api/x')"`,
  `iframe.srcdoc = "<script>fetch('/api/x')</script>"`,
  `iframe.srcdoc = html`,
  `document.write(html)`,
  `document.write("<script>fetch('/api/x')</script>")`,
  `const w = window.open(""); w.document.write("<script>fetch('/x')</script>")`,
  // Texts that are run.
  `new Function(code)()`,
  `new Function("a", "return " + code)(1)`,
  `Function.apply(null, [code])`,
  `const F = Function; new F("a", code)`,
  `eval(code)`,
  `(0, eval)(code)`,
  `window.eval(code)`,
  `const { eval: run } = window; run(code)`,
  `const run = (code) => eval(code); run("fetch('/api/x')")`,
  `(() => {}).constructor("fetch('/api/x')")()`,
  `[].constructor.constructor("return fetch")()("/api/x")`,
  `new (Object.getPrototypeOf(async function () {}).constructor)(code)`,
  `setTimeout("fetch('/api/x')", 10)`,
  `setTimeout("run(" + code + ")", 10)`,
  `window.setInterval("fetch('/api/x')", 10)`,
  // Scripts that are loaded.
  `import("https://cdn.example/x.js")`,
  `import("data:text/javascript,fetch('/api/x')")`,
  `importScripts("https://cdn.example/x.js")`,
  `new Worker("https://cdn.example/x.js")`,
  `new Worker(URL.createObjectURL(new Blob([text])))`,
  `new Worker(URL.createObjectURL(new Blob(["fetch('/api/x')"])))`,
  `const address = URL.createObjectURL(blob); new Worker(address)`,
  // Names that are made, copied or reflected.
  `navigator["send" + "Beacon"]("/api/x")`,
  `navigator[key]("/api/x")`,
  `const { sendBeacon } = navigator; sendBeacon.call(navigator, "/api/x")`,
  `globalThis["fe" + "tch"]("/api/x")`,
  `globalThis[key]("/api/x")`,
  `Reflect.apply(fetch, null, ["/api/x"])`,
  `Reflect.get(window, "fetch")("/api/x")`,
  `Reflect.get(window, key)("/api/x")`,
  `Object.values(window).find((one) => one.name === "fetch")("/api/x")`,
  `for (const key in window) window[key]("/api/x")`,
  `const { fetch: f } = { ...window }; f("/api/x")`,
  `const w = Object.assign({}, window); w.fetch("/api/x")`,
  `new Proxy(window, {}).fetch("/api/x")`,
  `const o = { get f() { return fetch } }; o.f("/api/x")`,
  `class A { static get f() { return fetch } } A.f("/api/x")`,
  // Calls in other ways.
  `fetch.call(null, "/api/x")`,
  `fetch.apply(null, ["/api/x"])`,
  `fetch.bind(null, "/api/x")()`,
  `Function.prototype.call.call(fetch, null, "/api/x")`,
  "fetch`/api/x`",
  `with (window) { fetch("/api/x") }`,
  `with (navigator) { sendBeacon("/api/x") }`,
  `(function () { this.fetch("/api/x") })()`,
  `["/api/a", "/api/b"].map(fetch)`,
  `Promise.resolve("/api/x").then(fetch)`,
  `setTimeout(fetch, 10, "/api/x")`,
  `window.send = fetch; send("/api/x")`,
  `export default fetch`,
  `class X extends XMLHttpRequest {} new X().open("GET", "/api/x")`,
  `Reflect.construct(XMLHttpRequest, []).open("GET", "/api/x")`,
  `XMLHttpRequest.prototype.open.call(new XMLHttpRequest(), "GET", "/api/x")`,
  // Ways to a network that the boundary does not carry.
  `new WebTransport("https://x.example/t")`,
  `new RTCPeerConnection({ iceServers: [] })`,
  `fetchLater("/api/x")`,
];

/** What the page's policy settles, whatever it is: the site says so. */
const excluded: readonly string[] = [
  `import(address)`,
  `import(base + "/x.js")`,
  `importScripts(address)`,
  `new Worker(address)`,
  `new SharedWorker(address)`,
  `navigator.serviceWorker.register(address)`,
  `navigator.serviceWorker.register("/sw.js")`,
  `navigator.serviceWorker.register("https://cdn.example/x.js")`,
  `const workers = navigator.serviceWorker; workers.register("/sw.js", { scope: "/" })`,
  `const wrap = (f) => typeof f == "function" ? f : Function(f); wrap(given)`,
  `const ok = (() => { try { new Function(""); return true } catch { return false } })(); new Function(...names, lines.join(""))`,
];

/** What many libraries do, and what reaches nothing. */
const harmless: readonly string[] = [
  `Function("return this")()`,
  `(0, eval)("this")`,
  `new Function("r", "regeneratorRuntime = r")(runtime)`,
  `x instanceof Function; Function.prototype.toString.call(x)`,
  `const props = { onDone: Function, rows: [Array, Function] }; use(props)`,
  `setTimeout(callback, 10); setTimeout(() => go(), 10)`,
  `element.innerHTML = html`,
  `element.textContent = "Failed to fetch the accounts"`,
  `element.setAttribute(name, value)`,
  `stream.write(chunk); response.write(html)`,
  `location.href = "/accounts"`,
  `history.pushState({}, "", "/accounts")`,
  `const { open, close } = dialog; open("/api/x")`,
  `registry.register("/sw.js"); clip.frames[0].fetch()`,
  `const script = document.createElement("script"); script.src = chunk`,
  `new Blob([text], { type: "text/csv" })`,
  `new Intl.DateTimeFormat(); new this.constructor("fetch the rows later")`,
];

function isTold({ status, operations }: Site): boolean {
  return status === "open" || operations.length > 0;
}

async function sitesOf(code: string): Promise<readonly Site[]> {
  return (await analyzeBundle(bundleOf({ "a.js": code }), "app")).sites;
}

describe("what reaches the network is told where it stands", () => {
  it.each(told)("%s", async (code) => {
    const sites = await sitesOf(`// The line that counts:\n${code}`);
    expect(sites.filter(isTold).map(({ line }) => line)).toContain(2);
  });
});

describe("what the page's policy settles is excluded, with the reason", () => {
  it.each(excluded)("%s", async (code) => {
    const sites = await sitesOf(code);
    expect(sites.map(({ status }) => status)).toEqual(["excluded"]);
    expect(sites[0]?.reason).toMatch(/the page's policy/);
  });
});

describe("what goes past the boundary is told as such", () => {
  it.each([
    ["bypass", `new RTCPeerConnection({ iceServers: [] })`],
    ["bypass", `new WebTransport("https://x.example/t")`],
    ["bypass", `eval("fetch('/api/x')")`],
    ["bypass", `setTimeout("fetch('/api/x')", 10)`],
    ["bypass", `element.innerHTML = "<img src=x onerror=fetch('/api/x')>"`],
    ["bypass", `navigator.serviceWorker.register("/sw.js")`],
    ["external-script", `import("https://cdn.example/x.js")`],
    ["external-script", `new Worker("https://cdn.example/x.js")`],
    ["unresolved-call", `window[key]("/api/x")`],
  ])("%s: %s", async (rule, code) => {
    const { findings } = await analyzeBundle(bundleOf({ "a.js": code }), "app");
    expect(findings.map((finding) => finding.rule)).toEqual([rule]);
  });
});

describe("what reaches nothing is no site that is open", () => {
  it.each(harmless)("%s", async (code) => {
    const sites = await sitesOf(`${code}\nfetch("/api/known")`);
    expect(sites.filter(({ status }) => status === "open")).toEqual([]);
  });
});
