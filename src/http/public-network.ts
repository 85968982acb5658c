import { lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { GladiaError, safeUrl } from "../errors";

/** Networks that are not the internet's (IANA's special-purpose registries, RFC 6890, and multicast). */
const NOT_PUBLIC = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const) {
  NOT_PUBLIC.addSubnet(network, bits, "ipv4");
}
for (const [network, bits] of [
  ["::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001::", 32],
  ["2001:2::", 48],
  ["2001:10::", 28],
  ["2001:db8::", 32],
  ["3fff::", 20],
  ["5f00::", 16],
  ["fc00::", 7],
  ["fe80::", 9],
  ["ff00::", 8],
] as const) {
  NOT_PUBLIC.addSubnet(network, bits, "ipv6");
}

/** Whether an IP address is this machine's own, of a private network or otherwise not on the internet. */
export function isPrivateAddress(address: string): boolean {
  const [ip = ""] = address.split("%");
  if (isIP(ip) === 4) return NOT_PUBLIC.check(ip, "ipv4");
  if (isIP(ip) !== 6) return true;
  const embedded = embeddedIPv4(ip);
  return embedded === undefined ? NOT_PUBLIC.check(ip, "ipv6") : NOT_PUBLIC.check(embedded, "ipv4");
}

/** The IPv4 address that a mapped, translated or 6to4 address stands for (RFC 4291, 6052, 3056). */
function embeddedIPv4(ip: string): string | undefined {
  const groups = expanded(ip);
  const four = ([a = 0, b = 0]: number[]) => [a >> 8, a & 255, b >> 8, b & 255].join(".");
  const begins = (...start: number[]) => start.every((group, i) => groups[i] === group);
  if (begins(0, 0, 0, 0, 0, 0xffff) || begins(0, 0, 0, 0, 0xffff, 0)) return four(groups.slice(6));
  if (begins(0x64, 0xff9b, 0, 0, 0, 0)) return four(groups.slice(6));
  return begins(0x2002) ? four(groups.slice(1)) : undefined;
}

function expanded(ip: string): number[] {
  const canonical = new URL(`http://[${ip}]`).hostname.slice(1, -1);
  const [front = "", back] = canonical.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  const [left, right] = [groups(front), groups(back ?? "")];
  return [...left, ...Array<number>(back === undefined ? 0 : 8 - left.length - right.length).fill(0), ...right];
}

/** A host that is not to be reached. @param host as it was given: which address it has is not told */
function privateHost(host: string): GladiaError {
  return new GladiaError("GLADIA_AUDIO", "audio-lan", { host: safeUrl(host) });
}

/**
 * `dns.lookup` that fails for a name with an address that is not public. As the lookup of a connection it has the last
 * word: the connection goes to the address that was looked at, whatever the name means a moment later.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, []);
    const [first] = addresses;
    if (!first || addresses.some(({ address }) => isPrivateAddress(address)))
      return callback(privateHost(hostname), []);
    if (options.all) return callback(null, addresses);
    callback(null, first.address, first.family);
  });
};

/**
 * Whether a URL's host is public, before anything is sent to it.
 * @param resolve also looks up what its name means here: for requests that a proxy makes, which looks it up for itself
 * @throws GladiaError GLADIA_AUDIO for a host that is not public or, with `resolve`, that is not known here
 */
export async function checkPublicHost({ hostname }: URL, resolve: boolean): Promise<void> {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (isIP(host)) {
    if (isPrivateAddress(host)) throw privateHost(host);
  } else if (resolve) {
    await new Promise<void>((passed, failed) => {
      publicLookup(host, { all: true }, (error) => (error ? failed(privateHost(host)) : passed()));
    });
  }
}
