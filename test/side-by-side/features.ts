/** Apps by hand, each with one thing that a rewrite could break. */
import { createHash } from "node:crypto";
import type { ComparedApp, Visit } from "./compare.ts";

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

const outside = "https://api.acme.example";

/** Answers for another origin of the original as its own backend does below `/outside`. */
async function routeOutside({ page: opened, home, governed }: Visit): Promise<void> {
  if (governed) return;
  await opened.context().route(`${outside}/**`, async (route) => {
    const request = route.request();
    const { pathname, search } = new URL(request.url());
    const body = request.postData();
    const answer = await fetch(`${home}outside${pathname}${search}`, {
      method: request.method(),
      ...(body === null ? {} : { body }),
    });
    const contentType = answer.headers.get("content-type") ?? "";
    const headers = { "access-control-allow-origin": "*" };
    await route.fulfill({ body: await answer.text(), contentType, headers });
  });
}

/** Clicks everything that has an id, and comes back from where that leads. */
async function clickAll(visit: Visit): Promise<void> {
  const { page: opened, home, look } = visit;
  await routeOutside(visit);
  await opened.goto(home);
  await opened.locator("text=done").waitFor();
  const ids = await opened.locator("[id]").evaluateAll((all) => all.map(({ id }) => id));
  for (const id of ids) {
    const stays = id.startsWith("stays");
    const answered = opened.waitForResponse((one) => /\/(?:api|v1)\//.test(one.url()));
    await Promise.all([
      stays ? answered : opened.waitForURL((url) => url.href !== home),
      opened.locator(`#${id}`).click(),
    ]);
    await look(id);
    await opened.goto(home);
    await opened.locator("text=done").waitFor();
  }
  await look("done");
}

const drawn: ComparedApp["answers"] = ({ method, url, body }) =>
  url.includes(".svg")
    ? {
        headers: { "content-type": "image/svg+xml" },
        body: `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`,
      }
    : { body: `${method} ${url} ${body}` };

/** What pages ask for by themselves, and code in their attributes. */
const markup = feature(
  "markup",
  {
    "index.html": page(
      `<script>window.shown=t=>{document.querySelector("output").textContent=t}</script><link rel="stylesheet" href="/style.css" media="print" onload="this.media='all'">`,
      `<output></output>
<button id="stays-handler" onclick="fetch('/api/ping', { method: 'POST' }).then((a) => a.text()).then(shown)">a</button>
<button id="stays-escaped" onclick="var id = this.dataset.id; fetch(&quot;/api/rows/&quot; + id, { method: &quot;DELETE&quot; }).then((a) =&gt; a.text()).then(shown)" data-id="7">b</button>
<a id="stays-code" href="javascript:void fetch('/api/linked').then((a) => a.text()).then(shown)">c</a>
<a id="report" href="${outside}/v1/report?format=text&amp;page=2">d</a>
<form action="/feedback" method="post"><input name="subject" value="a+b&amp;ü"><button id="form">e</button></form>
<form action="${outside}/v1/subscribe" method="post"><input name="email" value="ana@acme.example"><button id="elsewhere">f</button></form>
<form action="${outside}/v1/search"><input name="q" value="x&amp;y"><button id="search">g</button></form>
<img src="${outside}/v1/pixel.svg?a=1&amp;b=%222%22">
<script>${say}say(fetch("${outside}/v1/accounts").then(a=>a.text()),new Promise(r=>addEventListener("load",()=>r(getComputedStyle(document.body).margin))))</script>`,
    ),
    "style.css": "body{margin:3px}",
  },
  { keys: ["same-origin", `${outside} /outside`], answers: drawn, script: clickAll },
);

/** Elements, navigations and forms that scripts make. */
const loads = feature(
  "loads",
  {
    "index.html": page("", `<script type="module" src="/assets/main-Ty1uI2op.js"></script>`),
    "assets/main-Ty1uI2op.js": `const base="${outside}/v1";
const button=(id,act)=>{const b=document.createElement("button");b.id=id;b.textContent=id;b.onclick=act;document.body.append(b)};
button("link",()=>{const a=document.createElement("a");a.href=\`\${base}/report?page=\${1+1}\`;a.click()});
button("assigned",()=>{location.href=base+"/assigned"});
button("replaced",()=>{location.assign(\`\${base}/accounts/\${encodeURIComponent("a/7")}\`)});
button("form",()=>{const f=document.createElement("form");f.action=base+"/submit";f.method="post";const i=document.createElement("input");i.name="note";i.value="n&m";f.append(i);document.body.append(f);f.submit()});
button("stays-image",()=>{const i=new Image;i.onload=()=>document.body.append("drawn "+i.width);i.src=base+"/late.svg"});
${say}const i=document.createElement("img");const loaded=new Promise(r=>{i.onload=()=>r("loaded");i.onerror=()=>r("broken")});i.setAttribute("src",\`\${base}/avatars/\${7}.svg\`);document.body.append(i);
say(loaded,fetch(base+"/accounts").then(a=>a.text()));`,
  },
  { keys: [`${outside} /outside`], answers: drawn, script: clickAll },
);

export const features: readonly Feature[] = [
  markup,
  loads,
  workers,
  integrities,
  tables,
  inline,
  subFolder,
  bases,
];
