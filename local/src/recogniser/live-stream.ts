import type { LiveListener, LiveStream, LiveStreamSettings } from "../live/recogniser";
import type { WorkerProcess } from "./child";
import type { ModelName } from "./model";
import type { LiveEvent } from "./protocol";

/** A live stream, seen from the parent: sends sound to the child process and passes on what it tells. */
export class LiveSound implements LiveStream {
  readonly #ended: Promise<void>;
  #id = 0;
  #closed = false;

  constructor(
    private readonly engine: WorkerProcess,
    model: ModelName,
    settings: LiveStreamSettings,
    private readonly listener: LiveListener,
  ) {
    this.#ended = engine.request<undefined>(
      (id) => {
        this.#id = id;
        return { type: "listen", id, model, settings };
      },
      (progress) => progress.type === "live" && this.#tell(progress),
    );
    // Told by `finish`.
    this.#ended.catch(() => {});
  }

  write(channels: Float32Array[]): void {
    if (!this.#closed) this.engine.tell({ type: "sound", id: this.#id, channels });
  }

  async finish(): Promise<void> {
    this.engine.tell({ type: "finish", id: this.#id });
    await this.#ended.catch((error: unknown) => {
      if (!this.#closed) throw error;
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.engine.tell({ type: "abort", id: this.#id });
  }

  #tell(told: LiveEvent): void {
    if (this.#closed) return;
    if ("utterance" in told) this.listener[told.event](told.utterance);
    else this.listener[told.event](told.time, told.channel);
  }
}
