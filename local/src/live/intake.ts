import { Resampler } from "../audio/resample";
import { type AudioFormat, bytesPerSecond, FrameReader } from "./format";
import type { LiveStream } from "./recogniser";
import type { Appender } from "./recording";
import { HeaderSkipper } from "./wav";

/** What the recogniser listens to, Hz. */
const HEARD = 16_000;

/** The way of a session's bytes: into its recording, and as sound into the recogniser. */
export class Intake {
  readonly #format: AudioFormat;
  readonly #stream: LiveStream;
  readonly #recording: Appender;
  readonly #header = new HeaderSkipper();
  readonly #frames: FrameReader;
  readonly #resamplers: Resampler[];
  #received = 0;

  constructor(format: AudioFormat, stream: LiveStream, recording: Appender) {
    this.#format = format;
    this.#stream = stream;
    this.#recording = recording;
    this.#frames = new FrameReader(format);
    this.#resamplers = Array.from({ length: format.channels }, () => new Resampler(format.rate, HEARD));
  }

  /** Bytes taken so far. */
  get received(): number {
    return this.#received;
  }

  /** Seconds taken so far. */
  get seconds(): number {
    return this.secondsOf(this.#received);
  }

  /** How long so many bytes last, in seconds. */
  secondsOf(bytes: number): number {
    return bytes / bytesPerSecond(this.#format);
  }

  /** Takes bytes for good: they are recorded and recognised, and not asked for again. */
  write(bytes: Buffer): void {
    this.#received += bytes.length;
    const samples = this.#header.push(bytes);
    if (samples.length === 0) return;
    this.#recording.add(samples);
    this.#hear(this.#frames.read(samples).map((channel, index) => this.#resampler(index).push(channel)));
  }

  /** Works off the rest; when it settles, all finals have come and the recording is on disk. */
  async finish(): Promise<void> {
    this.#hear(this.#resamplers.map((resampler) => resampler.flush()));
    try {
      await this.#stream.finish();
    } finally {
      await this.#recording.close();
    }
  }

  /** Stops at once; the recording is kept. */
  async close(): Promise<void> {
    this.#stream.close();
    await this.#recording.close();
  }

  #hear(channels: Float32Array[]): void {
    if ((channels[0]?.length ?? 0) > 0) this.#stream.write(channels);
  }

  #resampler(index: number): Resampler {
    return this.#resamplers[index] as Resampler;
  }
}
