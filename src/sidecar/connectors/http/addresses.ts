/**
 * Which addresses an upstream's name may lead to. What is looked up is judged and then connected to, with no second look-up
 * between (DNS rebinding): an answer that leads somewhere inside is not followed, unless the resource says so.
 */
import { lookup as systemLookup, type LookupAddress } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { addNetwork } from "../../networks.ts";

/** Where nothing of the public internet is: loopback, private, shared, link-local (metadata services), reserved. */
const inner = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
  "::/127",
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "100::/64",
  "2001::/32",
  "2001:db8::/32",
  "2002::/16",
  "fc00::/7",
  "fe80::/9",
  "ff00::/8",
];

/** Never the address of an API by being written down alone: metadata services, and what is no host's address. */
const never = ["0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/128", "fe80::/10", "ff00::/8"];

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) addNetwork(list, network);
  return list;
}

const innerList = blockList(inner);
const neverList = blockList(never);

/** An address without the forms that wrap an IPv4 address (RFC 4291 2.5.5). */
function plainAddress(address: string): string {
  const text = address
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/%.*$/, "");
  if (isIP(text) !== 6) return text;
  const wrapped = /^::(?:ffff:)?(?:(\d+\.\d+\.\d+\.\d+)|([\da-f]{1,4}):([\da-f]{1,4}))$/.exec(text);
  if (wrapped === null) return text;
  if (wrapped[1] !== undefined) return wrapped[1];
  const [high, low] = [wrapped[2], wrapped[3]].map((part) => Number.parseInt(part ?? "", 16));
  return [high, low].flatMap((part = 0) => [part >> 8, part & 255]).join(".");
}

const isIn = (list: BlockList, address: string): boolean =>
  list.check(address, isIP(address) === 4 ? "ipv4" : "ipv6");

const isLoopbackName = (host: string): boolean => /^(?:[^.]+\.)*localhost\.?$/i.test(host);
const isLoopback = (address: string): boolean => /^127\.|^::1$/.test(plainAddress(address));

/** An upstream's name leads somewhere it may not. */
export class UnfitAddress extends Error {
  readonly code = "GOVERN_UNFIT_ADDRESS";
  constructor() {
    super("The resource's name leads to an address that it may not have.");
  }
}

export interface AddressRules {
  /** Whether a host as it is written in a URL may be connected to, as far as can be told without a look-up. */
  permits(host: string): boolean;
  /** For node:net: looks a name up, and gives only addresses that may be connected to; else UnfitAddress. */
  readonly lookup: LookupFunction;
}

type Resolve = (
  host: string,
  options: { readonly all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * The rules of one upstream: `networks` are those inside that its name may lead to. An address, or `localhost`, that is
 * written down as the upstream's host says so itself, but for metadata services and the like.
 */
export function addressRules(
  networks: readonly string[],
  resolve: Resolve = systemLookup,
): AddressRules {
  const declared = blockList(networks);
  const isFit = (address: string): boolean => {
    const plain = plainAddress(address);
    return isIn(declared, plain) || !isIn(innerList, plain);
  };
  return {
    permits(host) {
      const plain = plainAddress(host);
      if (isIP(plain) === 0) return true;
      return isIn(declared, plain) || !isIn(neverList, plain);
    },
    lookup(host, options, done) {
      resolve(host, { all: true }, (error, addresses) => {
        if (error !== null) {
          done(error, "");
          return;
        }
        const wanted = addresses.filter(
          ({ family }) =>
            options.family === undefined || options.family === 0 || options.family === family,
        );
        const fit = wanted.filter(
          ({ address }) => isFit(address) || (isLoopbackName(host) && isLoopback(address)),
        );
        const [first] = fit;
        if (first === undefined || fit.length < wanted.length) done(new UnfitAddress(), "");
        else if (options.all === true) done(null, fit);
        else done(null, first.address, first.family);
      });
    },
  };
}
