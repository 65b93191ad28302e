/** Networks as govern.yaml writes them: `10.0.0.0/8`, `::1`. */
import { isIP, type BlockList } from "node:net";

interface Network {
  readonly address: string;
  readonly bits: number;
  readonly family: "ipv4" | "ipv6";
}

/** Undefined if it is neither an address nor a network. */
function parseNetwork(text: string): Network | undefined {
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

/** Adds a network to a list; one that cannot be read is left out. */
export function addNetwork(list: BlockList, text: string): void {
  const network = parseNetwork(text);
  if (network !== undefined) list.addSubnet(network.address, network.bits, network.family);
}
