import type { LiveStreamSettings } from "../live/recogniser";
import { LiveChannel, type Shared } from "./live-channel";
import type { LiveEvent } from "./protocol";
import { type Vad, VoiceActivity, WINDOW } from "./vad";

/** What a live stream needs from its surroundings. */
interface Surroundings extends Pick<Shared, "model" | "turns"> {
  vad: () => Promise<Vad>;
  signal: AbortSignal;
}

const talkers = new Set<unknown>();

/** One live stream in the child process: its sound goes through the voice activity detector into its channels. */
export class LiveWork {
  /** Settles when the stream is finished, rejects when it was aborted or went wrong. */
  readonly ended: Promise<void>;
  readonly #channels: LiveChannel[];
  readonly #activities: Promise<VoiceActivity[]>;
  readonly #rest: Float32Array[];
  #filled = 0;
  #work: Promise<void> = Promise.resolve();
  #end!: (error?: unknown) => void;
  #over = false;

  constructor(
    settings: LiveStreamSettings,
    { model, vad, turns, signal }: Surroundings,
    tell: (event: LiveEvent) => void,
  ) {
    this.ended = new Promise((resolve, reject) => {
      this.#end = (error) => {
        if (this.#over) return;
        this.#over = true;
        for (const channel of this.#channels) channel.stop();
        if (error === undefined) resolve();
        else reject(error);
      };
    });
    const ifOpen = (event: LiveEvent) => this.#over || tell(event);
    const indices = Array.from({ length: settings.channels }, (_, index) => index);
    this.#channels = indices.map(
      (index) => new LiveChannel(index, settings, { model, turns, talkers }, ifOpen, this.#end),
    );
    this.#rest = indices.map(() => new Float32Array(WINDOW));
    this.#activities = vad().then((loaded) => indices.map(() => new VoiceActivity(loaded)));
    // Loaded now, the model is there when the first words have been said.
    model().catch(this.#end);
    this.#activities.catch(this.#end);
    signal.addEventListener("abort", () => this.#end(signal.reason), { once: true });
  }

  /** Takes sound: 16 kHz, one array a channel, equal lengths. */
  write(sound: Float32Array[]): void {
    this.#then(() => this.#take(sound));
  }

  /** There is no more sound. */
  finish(): void {
    this.#then(async () => {
      if (this.#filled > 0) await this.#take(this.#rest.map(() => new Float32Array(WINDOW - this.#filled)));
      await Promise.all(this.#channels.map((channel) => channel.finish()));
      this.#end();
    });
  }

  #then(work: () => Promise<void>): void {
    this.#work = this.#work.then(() => (this.#over ? undefined : work()));
    this.#work.catch(this.#end);
  }

  async #take(sound: Float32Array[]): Promise<void> {
    const activities = await this.#activities;
    const length = sound[0]?.length ?? 0;
    for (let done = 0; done < length && !this.#over; ) {
      const count = Math.min(WINDOW - this.#filled, length - done);
      for (const [index, rest] of this.#rest.entries()) {
        rest.set((sound[index] as Float32Array).subarray(done, done + count), this.#filled);
      }
      this.#filled += count;
      done += count;
      if (this.#filled < WINDOW) break;
      this.#filled = 0;
      for (const [index, channel] of this.#channels.entries()) {
        const window = (this.#rest[index] as Float32Array).slice();
        const probability = await (activities[index] as VoiceActivity).next(window);
        if (!this.#over) channel.take(window, probability);
      }
      // Much sound may come at once; others want to be heard, too.
      await new Promise(setImmediate);
    }
    if (!this.#over) for (const channel of this.#channels) channel.look();
  }
}
