import { afterEach, describe } from "vitest";
import { join } from "node:path";
import { storeContract } from "./contract.ts";
import { makeFolder, openStore } from "./sqlite-setup.ts";

describe("the SQLite store", () => {
  const folders: { remove: () => void }[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) folder.remove();
  });

  storeContract((now) => {
    const folder = makeFolder();
    folders.push(folder);
    return openStore(join(folder.path, "store.db"), { now });
  });
});
