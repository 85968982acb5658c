import { createHmac, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import { GladiaError, safeUrl, type TextKey, type TextParams } from "../errors";
import { isPrivateAddress } from "../http/public-network";

/** Characters of a secret: 192 bits. */
const LENGTH = 32;

/**
 * The part of an account's address that nobody can guess. It follows from the key, so that it is the same after each
 * restart and stands in no file.
 */
export function callbackSecret(apiKey: string, id: string): string {
  return createHmac("sha256", apiKey).update(`callback ${id}`).digest("base64url").slice(0, LENGTH);
}

/** Compares in a time that does not depend on where the two differ. */
export function sameSecret(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Where Gladia sends what belongs to an account: `<base>/gladia/<id>/<secret>`.
 * @throws GladiaError GLADIA_CONFIG when the base is not an http(s) URL
 */
export function callbackAddress(base: string, id: string, secret: string): string {
  if (!/^https?:\/\//i.test(base) || !URL.canParse(base)) {
    throw new GladiaError("GLADIA_CONFIG", "callback-url", { url: safeUrl(base) });
  }
  const { origin, pathname } = new URL(base);
  return `${origin}${pathname.replace(/\/+$/, "")}/gladia/${encodeURIComponent(id)}/${secret}`;
}

/** What is wrong with a public address that is a URL: Gladia cannot reach it, or all can read what comes to it. */
export function addressFault(base: string, apiUrl: string): { key: TextKey; params: TextParams } | undefined {
  const { hostname, protocol } = new URL(base);
  const params = { url: safeUrl(base) };
  if (isLocal(hostname)) {
    // An engine in the same network reaches what is in that network.
    const engine = URL.canParse(apiUrl) ? new URL(apiUrl).hostname : "";
    return isLocal(engine) ? undefined : { key: "callback-private", params };
  }
  return protocol === "https:" ? undefined : { key: "callback-http", params };
}

/** Whether a host is this machine or in a private network: by its address, or by a name that no public one has (RFC 6762). */
function isLocal(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, "");
  if (isIP(host)) return isPrivateAddress(host);
  // A name without a dot is one of the own network, as between containers.
  return host === "localhost" || /\.(localhost|local|internal|lan|home\.arpa)$/.test(host) || !host.includes(".");
}
