import type { Socket } from "node:net";
import { GladiaError } from "../errors";
import { frameBytes, type PcmFormat, pcmFormat, sameFormat } from "./audio";
import { EventReader, encodeEvent, type WyomingEvent } from "./frames";
import { languageOf } from "./info";

/** What one utterance came to. */
export interface Heard {
  text: string;
  language?: string | undefined;
}

/** An utterance that is being said. */
export interface Speech {
  /** @param pcm whole samples of all channels */
  write(pcm: Buffer): void;
  /** No more comes. @throws GladiaError; what is thrown ends the connection */
  end(): Promise<Heard>;
  /** Nobody waits for it any more. */
  cancel(): void;
}

export interface SpeechRequest {
  format: PcmFormat;
  /** Gladia's code of the language that the client expects. */
  language: string | undefined;
  /** Where the client is. */
  ip: string;
  /** A part of the transcript that will not change; not called where the whole may be another text. */
  onPart(text: string): void;
}

/** What stands behind the connections. */
export interface Listening {
  info(): Record<string, unknown>;
  /** @throws GladiaError */
  listen(request: SpeechRequest): Promise<Speech>;
  /** A connection failed, by its client's fault or because listening did. */
  failed(error: unknown, ip: string): void;
  /** An error as its client is to read it. */
  tell(error: unknown): { text: string; code: string };
}

export interface Limits {
  /** Milliseconds in which a client has to send something, unless it waits for its transcript. */
  idle: number;
  /** Seconds of audio of one utterance. */
  seconds: number;
  /** Bytes of audio of one utterance. */
  bytes: number;
}

/** Bytes that a client may leave unread. */
const MAX_UNREAD = 1024 * 1024;
/** Milliseconds for a client to read why it was refused. */
const LINGER = 1000;

/** One client: utterances, one after another, each answered with one transcript, or with an error and the end. */
export class Connection {
  readonly #socket: Socket;
  readonly #listening: Listening;
  readonly #limits: Limits;
  readonly #reader = new EventReader();
  readonly #ip: string;
  #language: string | undefined;
  #format: PcmFormat | undefined;
  #speech: Speech | undefined;
  /** Part of a sample. */
  #rest: Buffer = Buffer.alloc(0);
  #bytes = 0;
  /** The transcript is being made. */
  #isDue = false;
  #isStreaming = false;
  #hasEnded = false;
  #isClosed = false;

  constructor(socket: Socket, listening: Listening, limits: Limits) {
    this.#socket = socket;
    this.#listening = listening;
    this.#limits = limits;
    this.#ip = socket.remoteAddress ?? "";
    socket.setNoDelay(true);
    socket.setTimeout(limits.idle, () =>
      this.#fail(new GladiaError("GLADIA_TIMEOUT", "wyoming-idle", { seconds: limits.idle / 1000 })),
    );
    socket.on("data", (chunk) => {
      socket.pause();
      this.#take(chunk).then(
        () => socket.resume(),
        (error: unknown) => this.#fail(error),
      );
    });
    socket.on("end", () => {
      this.#hasEnded = true;
      if (!this.#isDue) socket.end();
    });
    socket.on("error", () => {}); // the client is gone: `close` follows
    socket.on("close", () => {
      this.#isClosed = true;
      this.#speech?.cancel();
    });
  }

  /** Says why, and ends. */
  refuse(error: GladiaError): void {
    this.#fail(error);
  }

  async #take(chunk: Buffer): Promise<void> {
    for (const event of this.#reader.read(chunk)) {
      if (this.#isClosed) return;
      await this.#handle(event);
    }
  }

  async #handle({ type, data, payload }: WyomingEvent): Promise<void> {
    if (type === "describe") this.#send("info", this.#listening.info());
    else if (type === "ping") this.#send("pong", "text" in data ? { text: data["text"] } : {});
    else if (type === "transcribe") this.#language = languageOf(data["language"]);
    else if (type === "audio-start") await this.#begin(pcmFormat(data));
    else if (type === "audio-chunk") await this.#hear(data, payload);
    else if (type === "audio-stop") this.#stop();
    // Others are for programs of other kinds, or newer than this.
  }

  async #begin(format: PcmFormat): Promise<void> {
    if (this.#isDue) throw new GladiaError("GLADIA_AUDIO", "wyoming-order");
    this.#speech?.cancel();
    this.#speech = undefined;
    this.#format = format;
    this.#rest = Buffer.alloc(0);
    this.#bytes = 0;
    this.#isStreaming = false;
    const request = { format, language: this.#language, ip: this.#ip, onPart: (text: string) => this.#part(text) };
    const speech = await this.#listening.listen(request);
    if (this.#isClosed) speech.cancel();
    else this.#speech = speech;
  }

  async #hear(data: Record<string, unknown>, payload: Buffer): Promise<void> {
    const format = "rate" in data || !this.#format ? pcmFormat(data) : this.#format;
    if (!this.#speech) await this.#begin(format);
    if (!this.#format || !sameFormat(this.#format, format)) throw new GladiaError("GLADIA_AUDIO", "wyoming-change");
    this.#bytes += payload.length;
    const { seconds, bytes } = this.#limits;
    const frame = frameBytes(format);
    if (this.#bytes > Math.min(bytes, seconds * format.rate * frame)) {
      throw new GladiaError("GLADIA_AUDIO", "wyoming-long", { minutes: seconds / 60 });
    }
    const all = this.#rest.length > 0 ? Buffer.concat([this.#rest, payload]) : payload;
    const whole = all.length - (all.length % frame);
    this.#rest = all.subarray(whole);
    if (whole > 0) this.#speech?.write(all.subarray(0, whole));
  }

  #stop(): void {
    const speech = this.#speech;
    if (!speech) {
      this.#answer({ text: "" }); // not one chunk came: nobody spoke
      return;
    }
    this.#isDue = true;
    this.#socket.setTimeout(0);
    speech.end().then(
      (heard) => {
        this.#speech = undefined;
        this.#isDue = false;
        this.#answer(heard);
        this.#socket.setTimeout(this.#limits.idle);
        if (this.#hasEnded) this.#socket.end();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #part(text: string): void {
    if (!this.#isStreaming) this.#send("transcript-start", this.#language ? { language: this.#language } : {});
    this.#isStreaming = true;
    this.#send("transcript-chunk", { text });
  }

  #answer({ text, language }: Heard): void {
    this.#send("transcript", { text, ...(language ? { language } : {}) });
    if (this.#isStreaming) this.#send("transcript-stop");
    this.#isStreaming = false;
    this.#format = undefined;
  }

  #send(type: string, data?: Record<string, unknown>): void {
    if (this.#isClosed || this.#socket.writableEnded) return;
    this.#socket.write(encodeEvent(type, data));
    if (this.#socket.writableLength > MAX_UNREAD) this.#socket.destroy();
  }

  /** Clients of Home Assistant before 2024 wait on after an error: the end of the connection tells them. */
  #fail(error: unknown): void {
    if (this.#isClosed || this.#socket.writableEnded) return;
    this.#speech?.cancel();
    this.#speech = undefined;
    this.#listening.failed(error, this.#ip);
    this.#send("error", { ...this.#listening.tell(error) });
    this.#socket.end();
    this.#socket.resume(); // what still comes is not read, but must not keep the end from being read
    this.#socket.removeAllListeners("data");
    setTimeout(() => this.#socket.destroy(), LINGER).unref();
  }
}
