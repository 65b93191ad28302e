/** The proxies in front: who may say who is calling. */
import { BlockList, isIP } from "node:net";

/** `10.0.0.0/8`, `::1`; undefined if it is neither an address nor a network. */
function parseNetwork(
  text: string,
): { address: string; bits: number; family: "ipv4" | "ipv6" } | undefined {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return undefined;
  const most = version === 4 ? 32 : 128;
  if (bits !== undefined && !/^\d{1,3}$/.test(bits)) return undefined;
  const length = bits === undefined ? most : Number(bits);
  if (length > most) return undefined;
  return { address, bits: length, family: version === 4 ? "ipv4" : "ipv6" };
}

/** Index of the first text that is no network; undefined if all are. */
export function firstBadNetwork(networks: readonly string[]): number | undefined {
  const index = networks.findIndex((text) => parseNetwork(text) === undefined);
  return index < 0 ? undefined : index;
}

/** Whether an address, as a socket tells it, is of one of the networks. */
export function trustedPeers(networks: readonly string[]): (peer: string | undefined) => boolean {
  const list = new BlockList();
  for (const text of networks) {
    const network = parseNetwork(text);
    if (network !== undefined) list.addSubnet(network.address, network.bits, network.family);
  }
  return (peer) => {
    const plain = peer?.toLowerCase().startsWith("::ffff:") === true ? peer.slice(7) : peer;
    if (plain === undefined) return false;
    const version = isIP(plain);
    return version !== 0 && list.check(plain, version === 4 ? "ipv4" : "ipv6");
  };
}
