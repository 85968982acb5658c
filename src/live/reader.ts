import { setImmediate as nextTurn } from "node:timers/promises";
import { JsonLimit } from "../http/json-limit";
import { JsonParser } from "../http/json-parser";
import type { Redactor } from "../http/redact";
import { asMessage, isAcknowledgement, type LiveMessage, parseMessage } from "./messages";

/** Bytes of an answer to a chunk of audio at most: some 150. */
const ACKNOWLEDGEMENT = 1000;
/** Bytes of a message that is read at once: some milliseconds. The final transcript of three hours has 10 MB. */
const SHORT = 256 * 1024;
/** Bytes of a longer one that are read in one turn of the event loop. */
const PIECE = 64 * 1024;
/** Bytes of what is no message that are looked at to say how it begins, and characters of it that are said. */
const START = 1000;
const SAID = 80;

interface ReaderEvents {
  /** @param message without secrets, unless it is an acknowledgement that nobody is told */
  onMessage(message: LiveMessage): void;
  /** What came is no message, or nested deeper than any. @param start how it begins, without secrets */
  onOther(start: string): void;
}

/** Reads what the server of a session says, in its order, and takes secrets out of it. */
export class MessageReader {
  readonly #redactor: Redactor;
  readonly #tells: boolean;
  readonly #events: ReaderEvents;
  /** A long message that is being read, and what waits for that. */
  #later: Promise<void> | undefined;

  /** @param tells whether acknowledgements, too, are told others */
  constructor(redactor: Redactor, tells: boolean, events: ReaderEvents) {
    this.#redactor = redactor;
    this.#tells = tells;
    this.#events = events;
  }

  /** Takes the bytes of one message. */
  read(bytes: Buffer): void {
    if (!this.#later && bytes.length <= SHORT) {
      // Ten come in each second of each session, for us alone.
      const message = this.#tells || bytes.length > ACKNOWLEDGEMENT ? undefined : parseMessage(bytes.toString());
      if (message && isAcknowledgement(message)) {
        this.#events.onMessage(message);
        return;
      }
      const parser = this.#parser();
      this.#tell(bytes, () => {
        parser.write(bytes);
        return parser.end().value;
      });
      return;
    }
    const later = (this.#later ?? Promise.resolve()).then(async () => {
      await this.#readLong(bytes);
      if (this.#later === later) this.#later = undefined;
    });
    later.catch(() => {}); // `done` tells
    this.#later = later;
  }

  /** Resolves when all that came was told. @throws what `onMessage` throws */
  async done(): Promise<void> {
    await this.#later;
  }

  async #readLong(bytes: Buffer): Promise<void> {
    const parser = this.#parser();
    let fault: unknown;
    for (let at = 0; at < bytes.length && fault === undefined; at += PIECE) {
      await nextTurn();
      try {
        parser.write(bytes.subarray(at, at + PIECE));
      } catch (error) {
        fault = error;
      }
    }
    this.#tell(bytes, () => {
      if (fault !== undefined) throw fault;
      return parser.end().value;
    });
  }

  #parser(): JsonParser {
    return new JsonParser(this.#redactor, { keepsLinks: true });
  }

  #tell(bytes: Buffer, parse: () => unknown): void {
    const message = messageIn(parse);
    if (message) {
      this.#events.onMessage(message);
      return;
    }
    const start = bytes.subarray(0, START).toString("utf8");
    this.#events.onOther(this.#redactor.beginning(start, bytes.length > START, SAID));
  }
}

/** Undefined for what is no message. */
function messageIn(parse: () => unknown): LiveMessage | undefined {
  try {
    return asMessage(parse());
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof JsonLimit) return undefined;
    throw error;
  }
}
