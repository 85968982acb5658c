import type { LiveCallbacks } from "./callbacks";
import type { Kind, LiveMessage, Switches } from "./messages";
import type { Appender } from "./recording";

/** Where messages go while a client listens. */
export interface Receiver {
  /** @returns false when the client is gone */
  send(text: string): boolean;
}

/** How a line of the session's messages begins: with what the client was sent, or with a final it did not want. */
export const SENT = "+";
export const KEPT = "-";

/** Says a session's messages: to the client, to the callback, and to the file the result is made of. */
export class Outbox {
  readonly #id: string;
  readonly #switches: Switches;
  readonly #callbacks: LiveCallbacks;
  readonly #file: Appender;
  /** what a client that is away has to be told once it is back */
  #waiting: string[] = [];
  #receiver: Receiver | undefined;

  constructor(id: string, switches: Switches, callbacks: LiveCallbacks, file: Appender) {
    this.#id = id;
    this.#switches = switches;
    this.#callbacks = callbacks;
    this.#file = file;
  }

  /** Whether all that was said has been sent. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Sends to a client from now on, first what has waited for it; without one messages wait. */
  attach(receiver: Receiver | undefined): void {
    this.#receiver = receiver;
    if (receiver === undefined) return;
    while (this.#waiting[0] !== undefined && receiver.send(this.#waiting[0])) this.#waiting.shift();
  }

  /** Tells the callback that the session is made; no client can be there yet. */
  announce(created_at: string): void {
    const url = this.#switches.callback("lifecycle_events");
    if (url !== undefined) this.#callbacks.post(url, { type: "start_session", session_id: this.#id, created_at });
  }

  /** Says a message where it is wanted. */
  say(kind: Kind, type: string, content: Record<string, unknown> = {}): void {
    const message: LiveMessage = { type, session_id: this.#id, created_at: new Date().toISOString(), ...content };
    const url = this.#switches.callback(kind);
    if (url !== undefined) this.#callbacks.post(url, message);
    const isWanted = this.#switches.socket(kind);
    if (!isWanted && kind !== "final_transcripts") return;
    const text = JSON.stringify(message);
    // Acks of audio come ten times a second for hours and tell nothing afterwards.
    if (type !== "audio_chunk") this.#file.add(`${isWanted ? SENT : KEPT}${text}\n`);
    if (!isWanted) return;
    if (this.#receiver?.send(text) === true) return;
    if (kind !== "partial_transcripts" && kind !== "acknowledgments") this.#waiting.push(text);
  }
}
