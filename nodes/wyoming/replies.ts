import { GladiaError } from "../../src/errors";
import { isObject } from "../../src/options/merge";

/** What stands in `msg._session` of what a Wyoming node sends, as core's tcp and websocket nodes have it. */
export interface WyomingSession {
  type: "wyoming";
  id: string;
}

/** Utterances that wait for the flow to send their text back, by their session. */
export class Replies {
  readonly #seconds: number;
  readonly #waiting = new Map<string, (text: string) => void>();

  /** @param seconds that each may take */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** The text that comes back; the given one when none does in time. */
  wait({ id }: WyomingSession, text: string): Promise<string> {
    return new Promise((resolve) => {
      const settle = (answer: string) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(answer);
      };
      const timer = setTimeout(() => settle(text), this.#seconds * 1000);
      this.#waiting.set(id, settle);
    });
  }

  /** Takes a message that came back. @throws GladiaError when nobody waits for it, or it has no text */
  take({ _session, payload }: { _session?: unknown; payload?: unknown }): void {
    const id = isObject(_session) && _session["type"] === "wyoming" ? _session["id"] : undefined;
    const settle = this.#waiting.get(String(id));
    if (!settle) throw new GladiaError("GLADIA_NOT_FOUND", "wyoming-reply", { seconds: this.#seconds });
    if (typeof payload !== "string" && typeof payload !== "number") {
      throw new GladiaError("GLADIA_OPTIONS", "wyoming-reply-text", {
        kind: payload === null ? "null" : typeof payload,
      });
    }
    settle(String(payload));
  }
}
