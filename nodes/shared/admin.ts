import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Request, Response } from "express";
import type { NodeAPI } from "node-red";
import { SNIFF_BYTES, sniff } from "../../src/audio/sniff";
import { GladiaError } from "../../src/errors";
import { isJobId } from "../../src/job-id";
import { formatJob } from "../../src/output";
import { jsonPieces } from "../../src/output/json";
import { Pace } from "../../src/turns";
import type { AccountNode } from "./account";
import { watchOf } from "./job-watch";
import { translateError } from "./texts";

const LOOK = "gladia.read";
const CHANGE = "gladia.write";

/** The forms of a transcript that people copy. */
const COPIED = ["text", "srt", "vtt"] as const;

/** What the sidebar asks for. Looking and changing need different rights; no answer holds a key. */
export function serveJobs(RED: NodeAPI): void {
  const serve = (
    method: "get" | "post" | "delete",
    path: string,
    answer: (request: Request, response: Response) => Promise<object | undefined> | object,
  ) => {
    const right = RED.auth.needsPermission(method === "get" ? LOOK : CHANGE);
    RED.httpAdmin[method](`/gladia/accounts${path}`, right, (request: Request, response: Response) => {
      Promise.resolve()
        .then(() => answer(request, response))
        .then(
          (body) => body && response.json(body),
          (error: unknown) => refuse(RED, response, error),
        );
    });
  };
  serve("get", "", () => listAccounts(RED));
  serve("get", "/:account/jobs", (request) => listJobs(RED, accountOf(RED, request)));
  serve("get", "/:account/earlier", async (request) => {
    const node = accountOf(RED, request);
    const { client } = await node.account();
    return { more: await watchOf(RED, node.id).lookBack(client) };
  });
  serve("get", "/:account/jobs/:id", async (request, response) => {
    await sendLarge(response, await readJob(accountOf(RED, request), jobOf(request)));
    return undefined;
  });
  for (const form of COPIED) {
    serve("get", `/:account/jobs/:id/${form}`, async (request, response) => {
      await sendLarge(response, { text: await readText(accountOf(RED, request), jobOf(request), form) });
      return undefined;
    });
  }
  serve("get", "/:account/jobs/:id/audio", async (request, response) => {
    await sendAudio(accountOf(RED, request), jobOf(request), response);
    return undefined;
  });
  serve("post", "/:account/jobs/:id/cancel", (request) => ({
    cancelled: watchOf(RED, accountOf(RED, request).id).cancel(jobOf(request)),
  }));
  serve("delete", "/:account/jobs/:id", async (request) => {
    const node = accountOf(RED, request);
    const id = jobOf(request);
    const { client } = await node.account();
    await client.remove(id);
    watchOf(RED, node.id).history.remove(id);
    return { deleted: true };
  });
}

/** A failure as the editor gets it: a code and a text in the user's language. */
export function tellError(RED: NodeAPI, error: unknown): { code: string; message: string } {
  if (error instanceof GladiaError) return { code: error.code, message: translateError(RED, error).message };
  return { code: "error", message: error instanceof Error ? error.message : String(error) };
}

/** Never 401 or 403: the editor would ask its user to log in again, who cannot help it. */
function refuse(RED: NodeAPI, response: Response, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const code = error instanceof GladiaError ? error.code : undefined;
  response.status(code === "GLADIA_NOT_FOUND" ? 404 : code === "GLADIA_CONFIG" ? 409 : 502).json(tellError(RED, error));
}

function accountOf(RED: NodeAPI, request: Request): AccountNode {
  const node = RED.nodes.getNode(String(request.params["account"])) as AccountNode | null;
  if (typeof node?.account !== "function") throw new GladiaError("GLADIA_NOT_FOUND", "config-gone");
  return node;
}

function jobOf(request: Request): string {
  const { id } = request.params;
  if (!isJobId(id)) throw new GladiaError("GLADIA_NOT_FOUND", "not-found-job", { id: String(id).slice(0, 80) });
  return id;
}

/** The accounts that are deployed and switched on. */
function listAccounts(RED: NodeAPI): object {
  const accounts: { id: string; name: string }[] = [];
  RED.nodes.eachNode((node) => {
    const { id, type, name, apiUrl } = node as typeof node & { name?: string; apiUrl?: string };
    if (type !== "gladia-config" || !RED.nodes.getNode(id)) return;
    accounts.push({ id, name: name || String(apiUrl || "Gladia").replace(/^https?:\/\//, "") });
  });
  return { accounts };
}

async function listJobs(RED: NodeAPI, node: AccountNode): Promise<object> {
  const jobs = watchOf(RED, node.id).history.list();
  try {
    const { budget } = await node.account();
    return { jobs, used: budget.used, minutes: budget.minutes };
  } catch (error) {
    return { jobs, error: tellError(RED, error) };
  }
}

/** A job as the sidebar shows it: a result may hold every word several times, by sentence and by language. */
async function readJob(node: AccountNode, id: string): Promise<object> {
  const { client } = await node.account();
  const job = await client.get(id);
  const found = job.result?.transcription?.utterances;
  if (!found) return { job: { id, status: job.status } };
  const pace = new Pace();
  const utterances: object[] = [];
  for (const { text, start, end, speaker, channel, words } of found) {
    const spoken: object[] = [];
    for (const { word, start, end } of words ?? []) {
      spoken.push({ word, start, end });
      if (pace.isDue()) await pace.turn();
    }
    utterances.push({ text, start, end, speaker, channel, words: spoken });
    if (pace.isDue()) await pace.turn();
  }
  return { job: { id, status: job.status, result: { transcription: { utterances } } } };
}

/** A job's transcript to copy; its text tells who speaks where that changes. */
async function readText(node: AccountNode, id: string, form: (typeof COPIED)[number]): Promise<unknown> {
  const { client } = await node.account();
  const job = await client.get(id);
  if (form !== "text") return formatJob(job, form);
  const dialogue = await formatJob(job, "dialogue");
  return String(dialogue).includes("\n") ? dialogue : formatJob(job, "text");
}

/** Answers with JSON that may be megabytes: express would make all of it in one go. */
async function sendLarge(response: Response, body: object): Promise<void> {
  response.type("json");
  await pipeline(Readable.from(jsonPieces(body)), response);
}

/** Hands on the audio as it comes; it is told to be audio by its bytes, never by what a server says of it. */
async function sendAudio(node: AccountNode, id: string, response: Response): Promise<void> {
  const { client } = await node.account();
  const leave = new AbortController();
  response.once("close", () => leave.abort());
  const { body, headers } = await client.file(id, leave.signal);
  const chunks = body[Symbol.asyncIterator]();
  const first = await chunks.next();
  const head: Buffer = first.done ? Buffer.alloc(0) : first.value;
  const found = head.length > 0 ? sniff(head.subarray(0, SNIFF_BYTES)) : undefined;
  const length = headers["content-length"];
  response.set({
    "content-type": found?.kind === "audio" ? `audio/${TYPES[found.extension] ?? found.extension}` : "audio/mpeg",
    "x-content-type-options": "nosniff",
    "cache-control": "private, no-store",
    ...(typeof length === "string" ? { "content-length": length } : {}),
  });
  const all = async function* () {
    yield head;
    yield* { [Symbol.asyncIterator]: () => chunks };
  };
  await pipeline(Readable.from(all(), { objectMode: false }), response).catch(() => {}); // the browser has left
}

/** Extensions whose type has another name. */
const TYPES: Record<string, string> = { mp3: "mpeg", m4a: "mp4", opus: "ogg", mkv: "webm" };
