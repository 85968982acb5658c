import type { Request } from "express";
import type { NodeAPI } from "node-red";
import { GladiaError } from "../../src/errors";
import { isJobId } from "../../src/job-id";
import { formatJob, textOf } from "../../src/output";
import { usableUtterances } from "../../src/output/usable";
import type { Job } from "../../src/types";
import type { AccountNode } from "./account";
import { deployedAccount, isNodeId } from "./admin-account";
import { type Route, serveJson, tellError } from "./admin-route";
import { sendAudio } from "./job-audio";
import { type JobWatch, watchOf } from "./job-watch";

const LOOK = "gladia.read";
const CHANGE = "gladia.write";

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
    const { client } = await node.account();
    return { more: await watchOf(RED, node.id).lookBack(client) };
  });
  serve("get", "/:account/jobs/:id", (request) => {
    const node = accountOf(RED, request);
    return readJob(node, knownJob(watchOf(RED, node.id), request));
  });
  serve("get", "/:account/jobs/:id/audio", async (request, response) => {
    const node = accountOf(RED, request);
    const id = knownJob(watchOf(RED, node.id), request);
    await sendAudio((await node.account()).client, id, response);
    return undefined;
  });
  serve("post", "/:account/jobs/:key/cancel", (request) => {
    const watch = watchOf(RED, accountOf(RED, request).id);
    return { cancelled: watch.cancel(String(request.params["key"])) };
  });
  serve("delete", "/:account/jobs/:id", async (request) => {
    const node = accountOf(RED, request);
    const watch = watchOf(RED, node.id);
    const id = knownJob(watch, request);
    const { client } = await node.account();
    await client.remove(id);
    watch.history.remove(id);
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
function knownJob({ history }: JobWatch, request: Request): string {
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
  const { history } = watchOf(RED, node.id);
  const news = { jobs: history.list(since), revision: history.revision };
  try {
    const { budget } = await node.account();
    return { ...news, used: budget.used, minutes: budget.minutes };
  } catch (error) {
    return { ...news, error: tellError(RED, error) };
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
