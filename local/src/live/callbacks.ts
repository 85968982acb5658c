import { setTimeout as sleep } from "node:timers/promises";
import { type Control, remember } from "../control";
import { send } from "../delivery/send";
import { textOf } from "../errors";
import type { LiveMessage } from "./messages";

/** Messages that may wait for a receiver; what comes on top is dropped. */
const MOST_WAITING = 10_000;

/** Posts the messages of one session to its callback, one after the other, each until it is taken or given up. */
export class LiveCallbacks {
  readonly #control: Control;
  readonly #log: (line: string) => void;
  readonly #signal: AbortSignal;
  #waiting = 0;
  #work: Promise<void> = Promise.resolve();

  /** @param signal ends the deliveries; what waits is dropped */
  constructor(control: Control, log: (line: string) => void, signal: AbortSignal) {
    this.#control = control;
    this.#log = log;
    this.#signal = signal;
  }

  /** Has a message posted; returns at once. */
  post(url: string, message: LiveMessage): void {
    if (this.#waiting >= MOST_WAITING) {
      this.#log(`callback of session ${message.session_id} dropped: ${MOST_WAITING} wait already`);
      return;
    }
    this.#waiting += 1;
    this.#work = this.#work.then(async () => {
      await this.#deliver(url, message);
      this.#waiting -= 1;
    });
  }

  /** Settles when nothing waits. */
  async settled(): Promise<void> {
    await this.#work;
  }

  async #deliver(url: string, payload: LiveMessage): Promise<void> {
    const { session_id: id } = payload;
    const event = `live.${payload.type}`;
    const message = { url, method: "POST" as const, body: JSON.stringify({ id, event, payload }), headers: {} };
    const delays = [...this.#control.settings.deliveryDelays];
    for (let attempt = 1; !this.#signal.aborted; attempt += 1) {
      const record = { kind: "callback" as const, event, job: id, url, attempt };
      try {
        const status = await send(message, this.#signal);
        remember(this.#control.deliveries, { ...record, status });
        if (status >= 200 && status < 300) return;
      } catch (error) {
        const reason = textOf((error as Error).cause ?? error);
        remember(this.#control.deliveries, { ...record, error: reason });
      }
      const delay = delays.shift();
      if (delay === undefined) {
        this.#log(`callback ${event} of session ${id} given up after ${attempt} tries`);
        return;
      }
      await sleep(delay, undefined, { signal: this.#signal }).catch(() => undefined);
    }
  }
}
