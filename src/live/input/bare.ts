import { Converter } from "./converter";
import type { SourceFormat } from "./source-format";
import type { Mono, Source, SourcePiece } from "./types";

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

  read(bytes: Buffer): Iterable<SourcePiece> {
    const sound = this.#converter.plain(bytes);
    return sound ? [{ kind: "sound", sound }] : this.#convert(bytes);
  }

  *#convert(bytes: Buffer): Generator<SourcePiece> {
    for (const sound of this.#converter.write(bytes)) yield { kind: "sound", sound };
    for (const sound of this.#converter.settle()) yield { kind: "sound", sound };
  }

  *end(): Generator<SourcePiece> {
    for (const sound of this.#converter.end()) yield { kind: "sound", sound };
  }
}
