import { expect, it } from "vitest";
import { externalAssets } from "../../../src/bundle/files/external-assets.ts";
import { bundleOf } from "../in-memory.ts";

it.each([
  [
    "webpack's public path",
    `o.p="https://cdn.acme.example/app/",o.b=1`,
    "https://cdn.acme.example script",
  ],
  [
    "vite's base",
    "const d=function(e){return`//cdn.acme.example/`+e}",
    "https://cdn.acme.example script",
  ],
  ["a worker of a text", "new Worker(URL.createObjectURL(new Blob([t])))", "blob: worker"],
  [
    "a worker of a text in two steps",
    "const u=self.URL.createObjectURL(b);try{return new Worker(u,{name:n})}finally{}",
    "blob: worker",
  ],
])("finds %s", (_name, code, expected) => {
  const found = externalAssets(bundleOf({ "main.js": code }));
  expect(found.map(({ origin, kind }) => `${origin} ${kind}`)).toEqual([expected]);
});

it.each([
  [`o.p="/app/"`],
  [`return"https://api.acme.example/v1/"+id+"/lines"`],
  ["new Worker(new URL('w.js',import.meta.url))"],
  ["a.href=URL.createObjectURL(b);a.click()"],
])("takes %s for none", (code) => {
  expect(externalAssets(bundleOf({ "main.js": code }))).toEqual([]);
});
