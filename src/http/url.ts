import { GladiaError, safeUrl } from "../errors";

/** Characters of an address; more is none. */
export const MAX_URL_LENGTH = 8192;

/** Where a redirect leads; undefined for what is no http(s) address. */
export function httpUrl(location: string, base: URL): URL | undefined {
  const url =
    location.length <= MAX_URL_LENGTH && URL.canParse(location, base.href) ? new URL(location, base) : undefined;
  return url && /^https?:$/.test(url.protocol) ? url : undefined;
}

/** The base address of an API, without a slash at its end. @throws GladiaError GLADIA_CONFIG */
export function parseBase(apiUrl: string): URL {
  const base = apiUrl.trim().replace(/^ws(s?):/i, "http$1:");
  if (!/^https?:\/\//i.test(base) || !URL.canParse(base)) {
    throw new GladiaError("GLADIA_CONFIG", "config-url", { url: safeUrl(apiUrl) });
  }
  const url = new URL(base);
  url.search = "";
  url.hash = "";
  url.pathname = url.pathname.replace(/\/+$/, "");
  return url;
}
