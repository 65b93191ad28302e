/** Networks as govern.yaml writes them: `10.0.0.0/8`, `::1`. */
import { BlockList, isIP } from "node:net";

export interface Network {
  readonly address: string;
  readonly bits: number;
  readonly family: "ipv4" | "ipv6";
}

/** Undefined if it is neither an address nor a network. */
export function parseNetwork(text: string): Network | undefined {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return undefined;
  const most = version === 4 ? 32 : 128;
  if (bits !== undefined && !/^\d{1,3}$/.test(bits)) return undefined;
  const length = bits === undefined ? most : Number(bits);
  if (length > most) return undefined;
  return { address, bits: length, family: version === 4 ? "ipv4" : "ipv6" };
}

/** Whether every address of one network is of another; false where one of them cannot be read. */
export function isNetworkWithin(inner: string, outer: string): boolean {
  const [one, other] = [parseNetwork(inner), parseNetwork(outer)];
  if (one === undefined || other === undefined || one.family !== other.family) return false;
  const list = new BlockList();
  list.addSubnet(other.address, other.bits, other.family);
  return one.bits >= other.bits && list.check(one.address, one.family);
}
