import { Converter } from "./converter";
import type { SourceFormat } from "./source-format";
import type { Mono, Sound, Source, SourcePiece } from "./types";

/** Audio without anything around it. */
export class BareSource implements Source {
  #format: SourceFormat;
  #converter: Converter;
  readonly #mono: Mono;

  /** @throws GladiaError GLADIA_AUDIO for more channels than Gladia takes */
  constructor(format: SourceFormat, mono: Mono) {
    this.#format = format;
    this.#mono = mono;
    this.#converter = new Converter(format, mono);
  }

  /** What follows is in this format. */
  *change(format: SourceFormat): Generator<SourcePiece> {
    if (JSON.stringify(format) === JSON.stringify(this.#format)) return;
    yield* this.end();
    this.#format = format;
    this.#converter = new Converter(format, this.#mono);
  }

  /** The sound of bytes that go on as they are; undefined for all others. */
  plain(bytes: Buffer): Sound | undefined {
    return this.#converter.plain(bytes);
  }

  *read(bytes: Buffer): Generator<SourcePiece> {
    for (const sound of this.#converter.write(bytes)) yield { kind: "sound", sound };
    for (const sound of this.#converter.settle()) yield { kind: "sound", sound };
  }

  *end(): Generator<SourcePiece> {
    for (const sound of this.#converter.end()) yield { kind: "sound", sound };
  }
}
