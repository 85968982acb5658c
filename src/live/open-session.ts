import type { GladiaClient } from "../client";
import { GladiaError } from "../errors";
import { RequestFailure } from "../http/failure";
import { pause } from "../http/retry";
import type { Options } from "../options/merge";

interface Opening {
  region: string | undefined;
  /** Seconds in which it is tried again: as long as audio is kept. */
  patience: number;
  signal: AbortSignal;
  /** Told while the limit of sessions is reached, and when it is not any more. */
  onWait(state: "waiting" | "connecting"): void;
  /** Told why another try is needed. */
  onTrouble(failure: GladiaError): void;
}

/**
 * Asks for a session, again while the account's limit of sessions is reached or the server cannot be reached: a session
 * that nobody opens costs nothing and ends by itself.
 * @throws GladiaError; the signal's reason
 */
export async function openSession(
  client: GladiaClient,
  body: Options,
  { region, patience, signal, onWait, onTrouble }: Opening,
): Promise<{ id: string; url: string }> {
  const began = performance.now();
  for (let n = 0; ; n++) {
    try {
      const session = await client.createLive(body, region, signal);
      if (n > 0) onWait("connecting");
      return session;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof GladiaError) || !error.cause.retryable) throw error;
      const isLimit = error.code === "GLADIA_RATE_LIMIT";
      const asked = error instanceof RequestFailure ? error.retryAfter : undefined;
      const wait = Math.max(asked ?? Math.min(500 * 2 ** n, 5000), 200);
      const waited = performance.now() - began;
      if (waited + wait > patience * 1000) {
        if (!isLimit) throw error;
        throw new GladiaError("GLADIA_RATE_LIMIT", "live-limit", { seconds: Math.round(waited / 1000) }, error.cause);
      }
      if (isLimit) onWait("waiting");
      onTrouble(error);
      await pause(wait, signal);
    }
  }
}
