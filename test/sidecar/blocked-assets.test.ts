/** What a sidecar says at its start of the assets that its pages will not get. */
import { expect, it } from "vitest";
import { blockedAssets } from "../../src/sidecar/coverage.ts";
import type { AppSnapshot, Snapshot } from "../../src/sidecar/snapshot.ts";
import { receivedCall } from "./sample-calls.ts";

const place = { file: "index.html", line: 1, column: 0 };
const external = [
  { kind: "img", origin: "https://avatars.acme.example", ...place },
  { kind: "img", origin: "https://a.tiles.example", ...place },
  { kind: "font", origin: "https://fonts.example", ...place },
  { kind: "font", origin: "https://fonts.example", ...place },
  { kind: "script", origin: "https://cdn.example", ...place },
];

function snapshotWith(page: AppSnapshot["page"]): Snapshot {
  const { snapshot, app } = receivedCall();
  return { ...snapshot, apps: new Map([["desk", { ...app, external, page }]]) };
}

it("names each kind with its origins, once", () => {
  expect(blockedAssets(snapshotWith(undefined))).toEqual([
    expect.stringContaining("no img from https://a.tiles.example, https://avatars.acme.example"),
    expect.stringContaining(
      "no font from https://fonts.example; allow what is meant under apps.desk.page.font",
    ),
  ]);
});

it("leaves out what govern.yaml allows, also by all names below one", () => {
  const reason = "pictures";
  const page = {
    img: [
      { origin: "https://*.tiles.example", reason },
      { origin: "https://avatars.acme.example", reason },
    ],
    font: [{ origin: "https://fonts.example", reason }],
  };
  expect(blockedAssets(snapshotWith(page))).toEqual([]);
});
