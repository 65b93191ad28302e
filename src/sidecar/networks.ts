/** Lists of networks that govern.yaml writes. */
import type { BlockList } from "node:net";
import { parseNetwork } from "../contract/network.ts";

/** Index of the first text that is no network; undefined if all are. */
export function firstBadNetwork(networks: readonly string[]): number | undefined {
  const index = networks.findIndex((text) => parseNetwork(text) === undefined);
  return index < 0 ? undefined : index;
}

/** Adds a network to a list; one that cannot be read is left out. */
export function addNetwork(list: BlockList, text: string): void {
  const network = parseNetwork(text);
  if (network !== undefined) list.addSubnet(network.address, network.bits, network.family);
}
