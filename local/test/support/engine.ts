import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine, type Engine, type EngineOptions, type Script, scripted } from "../../src/index";

const opened: (() => Promise<unknown>)[] = [];

/** Has something closed after the test, last opened first. */
export function afterwards(close: () => Promise<unknown>): void {
  opened.push(close);
}

/** Closes all that a test opened. */
export async function closeAll(): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close();
}

/** An empty folder that goes after the test. */
export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "gladia-local-"));
  afterwards(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** An engine with a scripted recogniser, closed after the test. */
export async function start(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const data = options.data ?? (await folder());
  const engine = await createEngine({ recogniser: scripted(), key: "k", deliveryDelays: [1, 1], ...options, data });
  afterwards(() => engine.close());
  return engine;
}

/** One answer of an engine. */
interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what is there
  body: any;
}

/** Sends one request with the key `k`; a body that is an object goes as JSON. */
export async function call(
  engine: { url: string },
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const raw = body === undefined || typeof body === "string" || body instanceof FormData;
  const response = await fetch(path.startsWith("http") ? path : `${engine.url}${path}`, {
    method,
    headers: {
      "x-gladia-key": "k",
      ...(body === undefined || body instanceof FormData ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
    redirect: "manual",
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const json = /json/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(bytes.toString()) : bytes };
}

/** Uploads bytes under a name; gives the answer's body. */
export async function upload(engine: { url: string }, bytes: Buffer | string, name: string): Promise<Answer["body"]> {
  const form = new FormData();
  form.append("audio", new Blob([new Uint8Array(Buffer.from(bytes))], { type: "application/octet-stream" }), name);
  return (await call(engine, "POST", "/v2/upload", form)).body;
}

/** Asks again and again until `done` says so of what it got; gives up in the end, so that the process may. */
export async function until<T>(ask: () => T | Promise<T>, done: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 110_000;
  for (;;) {
    const value = await ask();
    if (done(value)) return value;
    if (Date.now() > deadline) throw new Error(`waited in vain; the last was ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The job with this id once it is final. */
export async function final(engine: { url: string }, id: string): Promise<Answer["body"]> {
  const ask = async () => (await call(engine, "GET", `/v2/pre-recorded/${id}`)).body;
  return until(ask, ({ status }) => status === "done" || status === "error");
}

/** A script that holds jobs in `processing` until they are let go. */
export function gate(): { script: Script; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, script: { text: () => opened.then(() => "let go") } };
}

/** Uploads, creates with these options and waits; gives the final job. */
export async function transcribe(
  engine: { url: string },
  options: object = {},
  bytes: Buffer | string = "some audio",
): Promise<Answer["body"]> {
  const { audio_url } = await upload(engine, bytes, "a.mp3");
  const { body } = await call(engine, "POST", "/v2/pre-recorded", { audio_url, ...options });
  return final(engine, body.id);
}
