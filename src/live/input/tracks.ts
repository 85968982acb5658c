/** Milliseconds by which a track may be behind before silence takes its place. */
const LAG = 300;
/** Milliseconds by which times may differ from what came, and still mean "at once". */
const JITTER = 60;
/** Milliseconds that are filled with silence; where times leap farther, the clock was set. */
const LEAP = 10_000;

interface Track {
  /** Samples whose turn has not come, and the time after the last one (ms). */
  held: Buffer;
  end: number;
}

/** Makes the channels of one sound of tracks that come apart, by the times that stand on their pieces. */
export class Tracks {
  readonly #width: number;
  readonly #rate: number;
  readonly #silence: number;
  readonly #names: string[];
  readonly #tracks: Track[];
  /** The source's time of our time 0 (ms). */
  #origin: number | undefined;
  /** Time up to which all was given (ms). */
  #given = 0;

  /**
   * @param names of the tracks, in the order of their channels
   * @param width bytes of a sample @param rate Hz @param silence the byte that is silence
   */
  constructor(names: readonly string[], { width, rate, silence }: { width: number; rate: number; silence: number }) {
    this.#names = [...names];
    this.#width = width;
    this.#rate = rate;
    this.#silence = silence;
    this.#tracks = names.map(() => ({ held: Buffer.alloc(0), end: 0 }));
  }

  /** Takes whole samples of a track, at a time (ms). Gives what is whole of all tracks, a sample of each in turn. */
  put(name: string, time: number | undefined, bytes: Buffer): Buffer {
    const track = this.#tracks[this.#names.indexOf(name)];
    if (!track) return Buffer.alloc(0);
    if (time !== undefined) this.#align(track, time);
    this.#append(track, bytes);
    const latest = Math.max(...this.#tracks.map(({ end }) => end));
    for (const other of this.#tracks) this.#fill(other, latest - LAG);
    return this.#take();
  }

  /** Nothing more comes. */
  end(): Buffer {
    const latest = Math.max(...this.#tracks.map(({ end }) => end));
    for (const track of this.#tracks) this.#fill(track, latest);
    return this.#take();
  }

  #align(track: Track, time: number): void {
    this.#origin ??= time - this.#given;
    const ahead = time - this.#origin - track.end;
    if (Math.abs(ahead) > LEAP) this.#origin += ahead;
    else if (ahead > JITTER) this.#fill(track, track.end + ahead);
  }

  #append(track: Track, bytes: Buffer): void {
    track.held = track.held.length === 0 ? bytes : Buffer.concat([track.held, bytes]);
    track.end += (bytes.length / this.#width / this.#rate) * 1000;
  }

  #fill(track: Track, until: number): void {
    const samples = Math.floor(((until - track.end) * this.#rate) / 1000);
    if (samples > 0) this.#append(track, Buffer.alloc(samples * this.#width, this.#silence));
  }

  #take(): Buffer {
    const width = this.#width;
    const samples = Math.min(...this.#tracks.map(({ held }) => Math.floor(held.length / width)));
    const frame = width * this.#tracks.length;
    const bytes = Buffer.allocUnsafe(samples * frame);
    this.#tracks.forEach((track, channel) => {
      for (let i = 0; i < samples; i++) {
        track.held.copy(bytes, i * frame + channel * width, i * width, (i + 1) * width);
      }
      track.held = track.held.subarray(samples * width);
    });
    this.#given += (samples / this.#rate) * 1000;
    return bytes;
  }
}
