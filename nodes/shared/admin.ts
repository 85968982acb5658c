import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Request, Response } from "express";
import type { NodeAPI } from "node-red";
import { SNIFF_BYTES, sniff } from "../../src/audio/sniff";
import { GladiaError } from "../../src/errors";
import { isJobId } from "../../src/job-id";
import { formatJob, textOf } from "../../src/output";
import { usableUtterances } from "../../src/output/usable";
import type { Job } from "../../src/types";
import type { AccountNode } from "./account";
import { watchOf } from "./job-watch";
import { translateError } from "./texts";

const LOOK = "gladia.read";
const CHANGE = "gladia.write";

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
  serve("get", "/:account/jobs/:id", (request) => readJob(accountOf(RED, request), jobOf(request)));
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
  if (node.heldBy) throw node.heldBy;
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

/** A job with its transcript in the forms that people copy. */
async function readJob(node: AccountNode, id: string): Promise<object> {
  const { client } = await node.account();
  const job = await client.get(id);
  if (textOf(job) === undefined) return { job };
  const [text, dialogue, srt, vtt] = (["text", "dialogue", "srt", "vtt"] as const).map((form) => formatJob(job, form));
  return { job: shownOf(job), text, dialogue, srt, vtt };
}

/** A job as the sidebar shows it: a result may hold every word several times, by sentence and by language. */
function shownOf(job: Job): object {
  const given = job.result?.transcription?.utterances;
  const utterances = Array.isArray(given)
    ? usableUtterances(given).map(({ words, ...rest }) => {
        return { ...rest, words: words?.map(({ word, start, end }) => ({ word, start, end })) };
      })
    : undefined;
  return { ...job, result: { transcription: { utterances } } };
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
