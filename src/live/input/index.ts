import { GladiaError } from "../../errors";

/** A format that Gladia takes, by the API's names. */
export interface LiveFormat {
  encoding: "wav/pcm" | "wav/alaw" | "wav/ulaw";
  bit_depth: 8 | 16 | 24 | 32;
  sample_rate: 8000 | 16000 | 32000 | 44100 | 48000;
  channels: number;
}

export interface InputSettings {
  encoding?: string;
  sampleRate?: number;
  bitDepth?: number;
  channels?: number;
  framing: "auto" | "raw" | "wav" | "twilio" | "audiosocket";
  skip: number;
  mono: "auto" | "keep" | "mix";
}

export type LivePiece =
  | { kind: "start"; session: string; format: LiveFormat; name?: string }
  | { kind: "audio"; session: string; bytes: Buffer }
  | { kind: "end"; session: string; reason?: string };

/** Bare PCM in Buffers. */
export class LiveInput {
  readonly #format: LiveFormat;
  readonly #known = new Set<string>();

  constructor(settings: InputSettings) {
    this.#format = {
      encoding: (settings.encoding ?? "wav/pcm") as LiveFormat["encoding"],
      bit_depth: (settings.bitDepth ?? 16) as LiveFormat["bit_depth"],
      sample_rate: (settings.sampleRate ?? 16_000) as LiveFormat["sample_rate"],
      channels: settings.channels ?? 1,
    };
  }

  read(msg: Record<string, unknown>, value: unknown, key: string | undefined): LivePiece[] {
    const { _session, ip, port } = msg as { _session?: { id?: string }; ip?: string; port?: number };
    const session = key ?? _session?.id ?? (ip === undefined ? "" : `${ip}:${port}`);
    if (!Buffer.isBuffer(value)) throw new GladiaError("GLADIA_AUDIO", "audio-kind", { kind: typeof value });
    const audio: LivePiece = { kind: "audio", session, bytes: value };
    if (this.#known.has(session)) return [audio];
    this.#known.add(session);
    return [{ kind: "start", session, format: this.#format }, audio];
  }

  forget(session: string): void {
    this.#known.delete(session);
  }
}
