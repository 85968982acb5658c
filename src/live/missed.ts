import type { GladiaClient } from "../client";
import { pause } from "../http/retry";
import { isObject } from "../options/merge";
import { isFinal } from "../types";
import { type LiveMessage, parseMessage, transcriptOf } from "./messages";

/** Milliseconds between two looks at the result, and until it is not waited for any more. */
const LOOK = 1000;
const PATIENCE = 30_000;

/** The finals that came of a session. */
export class Finals {
  readonly #keys = new Set<string>();
  readonly #said = new Set<string>();

  /** Gives whether the very same final came before. */
  add(message: LiveMessage): boolean {
    const key = finalKey(message);
    if (key === undefined) return false;
    this.#keys.add(key);
    const { id, utterance } = message.data as { id?: unknown; utterance: object };
    const { text, start, end } = utterance as { text?: unknown; start?: unknown; end?: unknown };
    const said = JSON.stringify([key, text, start, end]);
    if (this.#said.has(said)) return id !== undefined; // without a name it may be another one
    this.#said.add(said);
    return false;
  }

  has(message: LiveMessage): boolean {
    const key = finalKey(message);
    return key === undefined || this.#keys.has(key);
  }
}

/** Names a final; undefined for any other message. */
function finalKey(message: LiveMessage): string | undefined {
  if (!transcriptOf(message)?.isFinal || !isObject(message.data)) return undefined;
  const { id, utterance } = message.data as { id?: unknown; utterance: { channel?: unknown } };
  return `${id} ${utterance.channel}`;
}

/**
 * The finals of a session that has ended that did not come: what the server had sent when a connection broke is said
 * nowhere but in the result.
 * @param seen those that came
 * @returns them, without what is secret
 * @throws GladiaError; the signal's reason
 */
export async function missedFinals(
  client: GladiaClient,
  id: string,
  seen: Finals,
  signal: AbortSignal,
): Promise<LiveMessage[]> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    const session = await client.get(id, { kind: "live", signal: signal });
    const { messages } = (session.result ?? {}) as { messages?: unknown };
    if (isFinal(session) || performance.now() > end) {
      const all = Array.isArray(messages) ? messages.map((text) => parseMessage(String(text))) : [];
      return all
        .filter((message) => message !== undefined)
        .filter((message) => !seen.has(message))
        .map((message) => client.redactor.redactDeep(message));
    }
    await pause(LOOK, signal);
  }
}
