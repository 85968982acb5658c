import { once } from "node:events";
import { connect, type Socket } from "node:net";

interface Event {
  type: string;
  data: Record<string, unknown>;
}

/** A client that sends what it is told, right or wrong, and reads events one by one. */
export class WyomingClient {
  readonly #socket: Socket;
  readonly #events: Event[] = [];
  readonly closed: Promise<unknown>;
  #rest: Buffer = Buffer.alloc(0);
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = once(socket, "close").then(() => this.#wake());
    socket.on("error", () => {});
    socket.on("data", (chunk) => this.#read(chunk));
  }

  static async connect(port: number): Promise<WyomingClient> {
    const socket = connect({ port, host: "127.0.0.1" });
    await once(socket, "connect");
    return new WyomingClient(socket);
  }

  write(bytes: Buffer | string): boolean {
    return this.#socket.write(bytes);
  }

  send(type: string, data: object = {}, payload: Buffer = Buffer.alloc(0)): void {
    const json = Buffer.from(JSON.stringify(data));
    const lengths = { data_length: json.length, payload_length: payload.length };
    this.write(
      Buffer.concat([Buffer.from(`${JSON.stringify({ type, version: "1.0", ...lengths })}\n`), json, payload]),
    );
  }

  begin(format: object, pcm: Buffer): void {
    this.send("audio-start", format);
    for (let at = 0; at < pcm.length; at += 3200) this.send("audio-chunk", format, pcm.subarray(at, at + 3200));
  }

  speak(format: object, pcm: Buffer): void {
    this.begin(format, pcm);
    this.send("audio-stop");
  }

  /** The next event; rejects when the connection ends before. */
  async next(): Promise<Event> {
    while (this.#events.length === 0) {
      if (this.#socket.closed) throw new Error("closed");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#events.shift() as Event;
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  #read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (let end = this.#rest.indexOf("\n"); end >= 0; end = this.#rest.indexOf("\n")) {
      const header = JSON.parse(this.#rest.subarray(0, end).toString()) as { type: string; data_length?: number };
      const { type, data_length = 0 } = header;
      const whole = end + 1 + data_length;
      if (this.#rest.length < whole) return;
      this.#events.push({ type, data: JSON.parse(this.#rest.subarray(end + 1, whole).toString()) as Event["data"] });
      this.#rest = this.#rest.subarray(whole);
      this.#wake();
    }
  }
}
