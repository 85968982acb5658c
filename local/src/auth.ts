import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { ApiError } from "./errors";

const sum = (text: string) => createHash("sha256").update(text).digest();

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/;

/**
 * Makes the check of a request's `x-gladia-key`.
 * @param key the one that is right, or `any` for every key that is not empty
 * @param host what the engine listens on
 * @returns throws ApiError 401 for a missing or wrong key, 403 for a web page that got in by a name of its own
 */
export function authenticator(key: string, host: string): (request: FastifyRequest) => void {
  const right = sum(key);
  // Where any key opens, a site whose name is made to point at this machine could read the transcripts in the browser.
  const localOnly = key === "any" && LOOPBACK.test(host);
  return ({ headers, hostname }) => {
    const given = headers["x-gladia-key"];
    if (given === undefined || given === "") throw new ApiError(401, "no gladia key provided");
    if (key !== "any" && !timingSafeEqual(sum(String(given)), right)) throw new ApiError(401, "gladia user not found");
    if (localOnly && !LOOPBACK.test(hostname))
      throw new ApiError(403, "With any key allowed, this engine answers to localhost only");
  };
}
