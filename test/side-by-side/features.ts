/** Apps by hand, each with one thing that a rewrite could break. */
import { createHash } from "node:crypto";
import type { ComparedApp } from "./compare.ts";

export interface Feature extends Omit<ComparedApp, "folder"> {
  readonly files: Readonly<Record<string, string>>;
}

const icon = '<link rel="icon" href="data:,">';
const integrity = (text: string): string =>
  `sha384-${createHash("sha384").update(text).digest("base64")}`;

/** Opens the app and waits until it says that it is done. */
const untilDone: ComparedApp["script"] = async ({ page, home, look }) => {
  await page.goto(home);
  // Where it never is, what the page shows tells more than a timeout.
  await page
    .locator("text=done")
    .waitFor()
    .catch(() => undefined);
  await look("done");
};

const echo: ComparedApp["answers"] = ({ method, url }) => ({ body: `${method} ${url}` });

function feature(name: string, files: Record<string, string>, more?: Partial<Feature>): Feature {
  return { name, files, keys: ["same-origin"], answers: echo, script: untilDone, ...more };
}

const say = `const say=async(...all)=>{for(const one of all)document.body.append(await one," ");document.body.append("done")};`;
const text = `const text=async p=>(await fetch(p)).text();`;

const page = (head: string, body = ""): string =>
  `<!doctype html><html><head>${icon}${head}</head><body>${body}</body></html>`;

const workers = feature("workers", {
  "index.html": page("", `<script type="module" src="/assets/main-Ab3dE9fg.js"></script>`),
  "assets/main-Ab3dE9fg.js": `${say}const ask=w=>new Promise(r=>{w.onmessage=e=>r(e.data);w.postMessage("7")});say(ask(new Worker(new URL("classic-Cd5fG8hi.js",import.meta.url))),ask(new Worker("/assets/module-Ef7hI0jk.js",{type:"module"})));`,
  "assets/classic-Cd5fG8hi.js": `importScripts("shared-Gh9jK2lm.js");onmessage=async e=>postMessage(await ask("/api/classic/"+e.data));`,
  "assets/shared-Gh9jK2lm.js": `function ask(p){return fetch(p).then(a=>a.text())}`,
  "assets/module-Ef7hI0jk.js": `import{ask}from"./asked-Ij1lM4no.js";onmessage=async e=>postMessage(await ask(\`/api/module/\${e.data}\`));`,
  "assets/asked-Ij1lM4no.js": `export const ask=async p=>(await fetch(p,{method:"POST"})).text();`,
});

const chunk = `export const show=()=>fetch("/api/lazy").then(a=>a.text());`;
const entry = `${say}${text}import{named}from"named";const m=await import("./lazy-Mn5pQ8rs.js");say(named(),m.show(),text("/api/entry"));`;
const named = `export const named=()=>fetch("/api/named").then(a=>a.text());`;
const style = `body{background:url(./dot-Qr9tU2vw.svg)}`;
const integrities = feature("integrity", {
  "index.html": page(
    `<script type="importmap">${JSON.stringify({
      imports: { named: "/assets/named-Op7rS0tu.js" },
      integrity: { "/assets/named-Op7rS0tu.js": integrity(named) },
    })}</script><link rel="modulepreload" href="/assets/lazy-Mn5pQ8rs.js" integrity="${integrity(chunk)}"><link rel="stylesheet" href="/assets/style-Kl3nO6pq.css" integrity="${integrity(style)}"><script type="module" src="/assets/entry-St1vW4xy.js" integrity="${integrity(entry)}"></script>`,
  ),
  "assets/entry-St1vW4xy.js": entry,
  "assets/lazy-Mn5pQ8rs.js": chunk,
  "assets/named-Op7rS0tu.js": named,
  "assets/style-Kl3nO6pq.css": style,
  "assets/dot-Qr9tU2vw.svg": `<svg xmlns="http://www.w3.org/2000/svg"/>`,
});

/** A loader's tables: a chunk's name from its hash, and its integrity. */
const loaded = `self.shown=()=>fetch("/api/loaded",{method:"PUT"}).then(a=>a.text());`;
const tables = feature("tables", {
  "index.html": page("", `<script src="static/main.a1b2c3d4e5.js"></script>`),
  "static/main.a1b2c3d4e5.js": `${say}const path=document.currentScript.src.replace(/[^/]+$/,"");const chunks={42:"f6a7b8c9d0"},sums={42:"${integrity(loaded)}"};const s=document.createElement("script");s.src=path+42+"."+chunks[42]+".js";s.integrity=sums[42];s.onload=()=>say(shown(),fetch("/api/main").then(a=>a.text()));s.onerror=()=>say("no chunk");document.head.append(s);`,
  "static/42.f6a7b8c9d0.js": loaded,
});

const inline = feature("inline-scripts", {
  "index.html": page(
    `<base href="/"><script>window.early=fetch("/api/early").then(a=>a.text())</script>`,
    `<script type="module">${say}const u=new URL("api/based",document.baseURI);say(early,fetch(u.pathname).then(a=>a.text()),new Promise(r=>{const x=new XMLHttpRequest;x.open("GET","/api/xhr");x.onload=()=>r(x.responseText);x.send()}))</script>`,
  ),
});

const subFolder = feature(
  "a-sub-folder",
  {
    "index.html": page(
      `<link rel="stylesheet" href="/sub/assets/style-Uv3xY6za.css">`,
      `<script type="module" src="/sub/assets/main-Wx5zA8bc.js"></script>`,
    ),
    "assets/main-Wx5zA8bc.js": `${say}${text}const{far}=await import("/sub/assets/far-Yz7bC0de.js");say(far(),text("/sub/api/near"),location.pathname);`,
    "assets/far-Yz7bC0de.js": `export const far=()=>fetch("/api/far").then(a=>a.text());`,
    "assets/style-Uv3xY6za.css": `body{background:url(/sub/assets/dot.svg)}`,
    "assets/dot.svg": `<svg xmlns="http://www.w3.org/2000/svg"/>`,
  },
  { mount: "sub/" },
);

const bases = feature(
  "run-time-bases",
  {
    "index.html": page(
      `<script src="/config.js"></script>`,
      `<script type="module" src="/assets/main-Za9cD2ef.js"></script>`,
    ),
    "config.js": `window.CONFIG={apiUrl:location.origin+"/backend",host:location.host,prefix:"/one"};`,
    "config.json": `{"filesUrl":"/files/"}`,
    "assets/main-Za9cD2ef.js": `${say}const get=(b,p)=>fetch(b+p).then(a=>a.text());const c=window.CONFIG;const j=await(await fetch("/config.json")).json();say(get(c.apiUrl,"/orders"),get(c.prefix,"/two"),fetch(\`\${j.filesUrl}list\`).then(a=>a.text()),c.apiUrl.endsWith("/backend"));`,
  },
  { keys: ["same-origin", "{apiUrl} /backend", "{prefix} /one", "{filesUrl} /files"] },
);

export const features: readonly Feature[] = [
  workers,
  integrities,
  tables,
  inline,
  subFolder,
  bases,
];
