import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Request, Response } from "express";
import type { NodeAPI } from "node-red";
import { GladiaError } from "../../src/errors";
import { spacesOf } from "../../src/format/captions/spaces";
import { usableUtterances } from "../../src/format/usable";
import { isJobId } from "../../src/job-id";
import type { Account } from "../../src/jobs/account";
import type { History } from "../../src/jobs/history";
import { formatJob } from "../../src/output";
import { jsonPieces } from "../../src/output/json";
import { Pace } from "../../src/turns";
import type { AccountNode } from "../account/account";
import { sendAudio } from "./job-audio";
import { historyOf } from "./job-feed";
import { resultOf } from "./job-result";
import { deployedAccount, isNodeId } from "./requested-account";
import { type Route, serveJson, tellError } from "./route";

const LOOK = "gladia.read";
const CHANGE = "gladia.write";

/** The forms of a transcript that people copy. */
const COPIED = ["text", "srt", "vtt"] as const;

/** What the sidebar asks for. Looking and changing need different rights; no answer holds a key. */
export function serveJobs(RED: NodeAPI): void {
  const serve = (method: Route["method"], path: string, answer: Parameters<typeof serveJson>[2]) => {
    const right = method === "get" ? LOOK : CHANGE;
    serveJson(RED, { method, path: `/gladia-sidebar/accounts${path}`, right, failure: "status" }, answer);
  };
  serve("get", "", () => listAccounts(RED));
  serve("get", "/:account/jobs", (request) => listJobs(RED, accountOf(RED, request), revisionOf(request)));
  serve("get", "/:account/earlier", async (request) => {
    const node = accountOf(RED, request);
    const { client, history } = await node.account();
    return { more: await history.lookBack(client) };
  });
  serve("get", "/:account/jobs/:id", async (request, response) => {
    const node = accountOf(RED, request);
    await sendLarge(response, await readJob(node, knownJob(historyOf(RED, node.id), request)));
    return undefined;
  });
  for (const form of COPIED) {
    serve("get", `/:account/jobs/:id/${form}`, async (request, response) => {
      const node = accountOf(RED, request);
      const id = knownJob(historyOf(RED, node.id), request);
      await sendLarge(response, { text: await readText(node, id, form) });
      return undefined;
    });
  }
  serve("get", "/:account/jobs/:id/audio", async (request, response) => {
    const node = accountOf(RED, request);
    const id = knownJob(historyOf(RED, node.id), request);
    const { client, history } = await accountOfJob(node, id);
    await sendAudio(client, id, response, history.ofJob(id)?.kind);
    return undefined;
  });
  serve("post", "/:account/jobs/:key/cancel", async (request) => {
    const account = await accountOf(RED, request).account();
    return { cancelled: account.cancel(String(request.params["key"])) };
  });
  serve("delete", "/:account/jobs/:id", async (request) => {
    const node = accountOf(RED, request);
    const id = knownJob(historyOf(RED, node.id), request);
    await (await accountOfJob(node, id)).deleteJob(id);
    return { deleted: true };
  });
}

/** @throws GladiaError GLADIA_NOT_FOUND */
function accountOf(RED: NodeAPI, request: Request): AccountNode {
  const { account } = request.params;
  const node = isNodeId(account) ? deployedAccount(RED, account) : undefined;
  if (!node) throw new GladiaError("GLADIA_NOT_FOUND", "config-gone");
  if (node.heldBy) throw node.heldBy;
  return node;
}

/** A job of the list; what is not in it is not asked for at Gladia. @throws GladiaError GLADIA_NOT_FOUND */
function knownJob(history: History, request: Request): string {
  const { id } = request.params;
  if (!isJobId(id) || !history.has(id)) {
    throw new GladiaError("GLADIA_NOT_FOUND", "not-found-job", { id: String(id).slice(0, 80) });
  }
  return id;
}

/** The last change that the sidebar knows; 0 for all. */
function revisionOf({ query }: Request): number {
  const since = Number(query["since"]);
  return Number.isSafeInteger(since) && since > 0 ? since : 0;
}

/** The accounts that are deployed and switched on. */
function listAccounts(RED: NodeAPI): object {
  const accounts: { id: string; name: string }[] = [];
  RED.nodes.eachNode((node) => {
    const { id, type, name, apiUrl } = node as typeof node & { name?: string; apiUrl?: string };
    if (type !== "gladia-config" || !RED.nodes.getNode(id)) return;
    // An address may hold a login.
    const host = String(apiUrl || "Gladia").replace(/^https?:\/\/([^/@]*@)?/, "");
    accounts.push({ id, name: name || host });
  });
  return { accounts };
}

/** The jobs that changed since, and what is used up. */
async function listJobs(RED: NodeAPI, node: AccountNode, since: number): Promise<object> {
  const history = historyOf(RED, node.id);
  const news = { jobs: history.list(since), revision: history.revision };
  try {
    const { billed } = await node.account();
    return { ...news, ...billed };
  } catch (error) {
    return { ...news, error: tellError(RED, error) };
  }
}

/** The account with the key that can read a job. @throws GladiaError GLADIA_CONFIG */
async function accountOfJob(node: AccountNode, id: string): Promise<Account> {
  return (await node.account()).accountOf(id);
}

/** A job as the sidebar shows it: a result may hold every word several times, by sentence and by language. */
async function readJob(node: AccountNode, id: string): Promise<object> {
  const job = await resultOf(await accountOfJob(node, id), id);
  const found: unknown = job.result?.transcription?.utterances;
  if (!Array.isArray(found)) return { job: { id, status: job.status } };
  const pace = new Pace();
  const utterances: object[] = [];
  for (const { text, start, end, speaker, channel, words } of await usableUtterances(found, pace)) {
    const spoken: object[] = [];
    const spaces = spacesOf(words, text);
    for (const [i, { word, start, end }] of words.entries()) {
      spoken.push({ word: spaces?.[i] ? ` ${word}` : word, start, end });
      if (pace.isDue()) await pace.turn();
    }
    utterances.push({ text, start, end, speaker, channel, words: spoken });
    if (pace.isDue()) await pace.turn();
  }
  return { job: { id, status: job.status, result: { transcription: { utterances } } } };
}

/** A job's transcript to copy; its text tells who speaks where that changes. */
async function readText(node: AccountNode, id: string, form: (typeof COPIED)[number]): Promise<unknown> {
  const job = await resultOf(await accountOfJob(node, id), id);
  if (form !== "text") return formatJob(job, form);
  const dialogue = await formatJob(job, "dialogue");
  return String(dialogue).includes("\n") ? dialogue : formatJob(job, "text");
}

/** Answers with JSON that may be megabytes: express would make all of it in one go. */
async function sendLarge(response: Response, body: object): Promise<void> {
  response.type("json");
  await pipeline(Readable.from(jsonPieces(body)), response);
}
