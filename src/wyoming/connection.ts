import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { GladiaError } from "../errors";
import { type PcmFormat, pcmFormat, SpeechConverter, secondsOf } from "./audio";
import { EventReader, encodeEvent, type WyomingEvent } from "./frames";
import { type Expected, expectedOf } from "./info";

/** What one utterance came to. */
export interface Heard {
  text: string;
  language?: string | undefined;
}

/** An utterance that is being said. */
export interface Speech {
  /** @param pcm whole samples in `SPEECH_FORMAT` */
  write(pcm: Buffer): void;
  /** No more comes. @throws GladiaError; what is thrown ends the connection */
  end(): Promise<Heard>;
  /** Nobody waits for it any more. */
  cancel(): void;
}

export interface SpeechRequest extends Expected {
  /** Where the client is. */
  ip: string;
  /** A part of the transcript that will not change; not called where the whole may be another text. */
  onPart(text: string): void;
}

/** What stands behind the connections. */
export interface Listening {
  info(): Record<string, unknown>;
  /** Whether `info` says that parts of a transcript come before all of it. */
  readonly streams: boolean;
  /** @throws GladiaError */
  listen(request: SpeechRequest): Promise<Speech>;
  /** A connection failed, by its client's fault or because listening did. */
  failed(error: unknown, ip: string): void;
  /** An error as its client is to read it. */
  tell(error: unknown): { text: string; code: string };
}

export interface Limits {
  /** Milliseconds in which a client has to send an event, of an utterance audio, unless it waits for its transcript. */
  idle: number;
  /** Seconds of audio of one utterance, which may take `idle` longer. */
  seconds: number;
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
  #expected: Expected = expectedOf({});
  #format: PcmFormat | undefined;
  #speech: Speech | undefined;
  #converter = new SpeechConverter();
  #seconds = 0;
  /** When the utterance began. */
  #begun = 0;
  #idle: NodeJS.Timeout | undefined;
  /** The transcript is being made. */
  #isDue = false;
  #isStreaming = false;
  #hasEnded = false;
  /** It was told an error: what else it says is not heard. */
  #hasFailed = false;
  #isClosed = false;

  constructor(socket: Socket, listening: Listening, limits: Limits) {
    this.#socket = socket;
    this.#listening = listening;
    this.#limits = limits;
    this.#ip = socket.remoteAddress ?? "";
    socket.setNoDelay(true);
    this.#expect();
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
      clearTimeout(this.#idle);
      this.#speech?.cancel();
    });
  }

  /** Says why, and ends. */
  refuse(error: GladiaError): void {
    this.#fail(error);
  }

  async #take(chunk: Buffer): Promise<void> {
    for (const event of this.#reader.read(chunk)) {
      if (this.#isClosed || this.#hasFailed) return;
      await this.#handle(event);
      const isHeard = event.type === "audio-chunk" && event.payload.length > 0;
      if (isHeard || event.type === "audio-start" || !this.#speech) this.#expect();
    }
  }

  /** Bytes alone do not count: those that come one by one would keep others out, a ping a session open. */
  #expect(): void {
    clearTimeout(this.#idle);
    if (this.#isClosed || this.#hasFailed || this.#isDue) return;
    const { idle } = this.#limits;
    const late = () => this.#fail(new GladiaError("GLADIA_TIMEOUT", "wyoming-idle", { seconds: idle / 1000 }));
    this.#idle = setTimeout(late, idle);
  }

  async #handle({ type, data, payload }: WyomingEvent): Promise<void> {
    if (type === "describe") this.#send("info", this.#listening.info());
    else if (type === "ping") this.#send("pong", "text" in data ? { text: data["text"] } : {});
    else if (type === "transcribe") this.#expected = expectedOf(data);
    else if (type === "audio-start") await this.#begin(pcmFormat(data));
    else if (type === "audio-chunk") await this.#hear(data, payload);
    else if (type === "audio-stop") await this.#stop();
    // Others are for programs of other kinds, or newer than this.
  }

  async #begin(format: PcmFormat): Promise<void> {
    if (this.#isDue) throw new GladiaError("GLADIA_AUDIO", "wyoming-order");
    this.#speech?.cancel();
    this.#speech = undefined;
    this.#format = format;
    this.#converter = new SpeechConverter();
    this.#seconds = 0;
    this.#begun = performance.now();
    this.#isStreaming = false;
    const request = { ...this.#expected, ip: this.#ip, onPart: (text: string) => this.#part(text) };
    const speech = await this.#listening.listen(request);
    if (this.#isClosed || this.#hasFailed) speech.cancel();
    else this.#speech = speech;
  }

  /** A chunk says its own format, which may be another than the last one's. */
  async #hear(data: Record<string, unknown>, payload: Buffer): Promise<void> {
    if (this.#isDue) throw new GladiaError("GLADIA_AUDIO", "wyoming-order");
    const format = pcmFormat({ ...this.#format, ...data });
    if (!this.#speech) await this.#begin(format);
    this.#format = format;
    this.#seconds += secondsOf(payload.length, format);
    const { seconds, idle } = this.#limits;
    const taken = performance.now() - this.#begun;
    if (this.#seconds > seconds || taken > seconds * 1000 + idle)
      throw new GladiaError("GLADIA_AUDIO", "wyoming-long", { minutes: seconds / 60 });
    await this.#write(this.#converter.write(format, payload));
  }

  /** Converts a little at a time, so that the event loop turns between. */
  async #write(steps: Generator<Buffer>): Promise<void> {
    let isFirst = true;
    for (const pcm of steps) {
      if (!isFirst) await turn();
      isFirst = false;
      this.#speech?.write(pcm);
    }
  }

  async #stop(): Promise<void> {
    if (this.#isDue) return;
    await this.#write(this.#converter.end());
    const speech = this.#speech;
    if (!speech) {
      this.#answer({ text: "" }); // not one chunk came: nobody spoke
      return;
    }
    this.#isDue = true;
    clearTimeout(this.#idle);
    speech.end().then(
      (heard) => {
        this.#speech = undefined;
        this.#isDue = false;
        this.#answer(heard);
        this.#expect();
        if (this.#hasEnded) this.#socket.end();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #part(text: string): void {
    this.#stream();
    this.#send("transcript-chunk", { text });
  }

  #stream(): void {
    const { language } = this.#expected;
    if (!this.#isStreaming) this.#send("transcript-start", language ? { language } : {});
    this.#isStreaming = true;
  }

  /** The protocol has clients that read parts wait for the end of them, also where there were none. */
  #answer({ text, language }: Heard): void {
    if (this.#listening.streams) this.#stream();
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
    if (this.#isClosed || this.#hasFailed) return;
    this.#hasFailed = true;
    clearTimeout(this.#idle);
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
