import { once } from "node:events";
import { WebSocket } from "ws";
import type { Engine } from "../../src/index";
import { afterwards, call, until } from "./engine";

/** A message of the engine. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at what is there
export type Message = any;

/** A bare client of one session's socket. */
export class LiveClient {
  readonly messages: Message[] = [];
  readonly socket: WebSocket;
  /** the close code, once closed */
  code: number | undefined;
  /** the status of a handshake that was refused */
  status: number | undefined;

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.socket.on("message", (data) => this.messages.push(parsed(String(data))));
    this.socket.on("close", (code) => {
      this.code = code;
    });
    this.socket.on("unexpected-response", (_request, { statusCode }) => {
      this.status = statusCode;
      this.socket.terminate();
    });
    this.socket.on("error", () => undefined);
  }

  /** Waits for the handshake. */
  async opened(): Promise<this> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, "open");
    return this;
  }

  /** Waits for the close; gives its code. */
  async closed(): Promise<number> {
    if (this.code === undefined) await new Promise((resolve) => this.socket.once("close", resolve));
    return this.code as number;
  }

  send(data: Buffer | string | object): void {
    this.socket.send(Buffer.isBuffer(data) || typeof data === "string" ? data : JSON.stringify(data));
  }

  /** Sends audio in chunks of so many bytes. */
  audio(bytes: Buffer, chunk = 3200): void {
    for (let at = 0; at < bytes.length; at += chunk) this.send(bytes.subarray(at, at + chunk));
  }

  stop(): void {
    this.send({ type: "stop_recording" });
  }

  /** The messages of a type so far. */
  of(type: string): Message[] {
    return this.messages.filter((message) => message.type === type);
  }

  /** The first message of a type, waited for. */
  async first(type: string): Promise<Message> {
    await until(
      () => this.of(type).length,
      (count) => count > 0,
    );
    return this.of(type)[0];
  }

  /** The texts of the finals so far. */
  get finals(): string[] {
    return this.of("transcript")
      .filter(({ data }) => data.is_final)
      .map(({ data }) => data.utterance.text);
  }
}

function parsed(text: string): Message {
  try {
    return JSON.parse(text);
  } catch {
    return { type: "no JSON", text };
  }
}

/** Makes a session; gives its id and address. */
export async function session(engine: Engine, options: object = {}): Promise<{ id: string; url: string }> {
  const { status, body } = await call(engine, "POST", "/v2/live", options);
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body;
}

/** A client on an address, ended after the test. */
export function client(url: string): LiveClient {
  const made = new LiveClient(url);
  afterwards(async () => made.socket.terminate());
  return made;
}

/** Makes a session and opens its socket. */
export async function connect(engine: Engine, options: object = {}): Promise<LiveClient & { id: string; url: string }> {
  const { id, url } = await session(engine, options);
  const opened = await client(url).opened();
  return Object.assign(opened, { id, url });
}

/** Sound by seconds: a tone of one pitch, or silence where the pitch is 0. 16-bit PCM of one channel. */
export function sound(...parts: [seconds: number, pitch: number][]): Buffer {
  const rate = 16_000;
  const pieces = parts.map(([seconds, pitch]) => {
    const piece = Buffer.alloc(Math.round(seconds * rate) * 2);
    for (let at = 0; at < piece.length / 2; at += 1)
      piece.writeInt16LE(Math.round(9000 * Math.sin((2 * Math.PI * pitch * at) / rate)), at * 2);
    return piece;
  });
  return Buffer.concat(pieces);
}

/** Seconds of two utterances with a pause between them. */
export const TWO = sound([0.2, 0], [1, 300], [0.6, 0], [1, 500], [0.6, 0]);
