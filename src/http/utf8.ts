import { isAscii } from "node:buffer";
import { StringDecoder } from "node:string_decoder";

/** Decodes UTF-8 that comes in pieces, wherever it is cut. */
export class Utf8Decoder {
  /** Once there was something beyond ASCII. */
  #decoder: StringDecoder | undefined;

  write(bytes: Buffer): string {
    if (!this.#decoder && isAscii(bytes)) return bytes.toString("latin1"); // the same text, and much faster
    this.#decoder ??= new StringDecoder("utf8");
    return this.#decoder.write(bytes);
  }

  /** What was left of a character that was cut. */
  end(): string {
    return this.#decoder?.end() ?? "";
  }
}
