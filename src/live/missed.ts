import type { GladiaClient } from "../client";
import { pause } from "../http/retry";
import { isObject } from "../options/merge";
import { isFinal } from "../types";
import { type LiveMessage, parseMessage, transcriptOf } from "./messages";

/** Milliseconds between two looks at the result, and until it is not waited for any more. */
const LOOK = 1000;
const PATIENCE = 30_000;

/** Names a final; undefined for any other message. */
export function finalKey(message: LiveMessage): string | undefined {
  if (!transcriptOf(message)?.isFinal || !isObject(message.data)) return undefined;
  const { id, utterance } = message.data as { id?: unknown; utterance: { channel?: unknown } };
  return `${id} ${utterance.channel}`;
}

/**
 * The finals of a session that has ended that did not come: what the server had sent when a connection broke is said
 * nowhere but in the result.
 * @param seen keys of those that came
 * @returns them, without what is secret
 * @throws GladiaError; the signal's reason
 */
export async function missedFinals(
  client: GladiaClient,
  id: string,
  seen: ReadonlySet<string>,
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
        .filter((message) => {
          const key = finalKey(message);
          return key !== undefined && !seen.has(key);
        })
        .map((message) => client.redactor.redactDeep(message));
    }
    await pause(LOOK, signal);
  }
}
