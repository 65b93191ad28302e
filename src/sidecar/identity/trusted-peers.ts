/** The proxies in front: who may say who is calling. */
import { BlockList, isIP } from "node:net";
import { addNetwork } from "../networks.ts";

/** Whether an address, as a socket tells it, is of one of the networks. */
export function trustedPeers(networks: readonly string[]): (peer: string | undefined) => boolean {
  const list = new BlockList();
  for (const network of networks) addNetwork(list, network);
  return (peer) => {
    const plain = peer?.toLowerCase().startsWith("::ffff:") === true ? peer.slice(7) : peer;
    if (plain === undefined) return false;
    const version = isIP(plain);
    return version !== 0 && list.check(plain, version === 4 ? "ipv4" : "ipv6");
  };
}
