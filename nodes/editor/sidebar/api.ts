import type { JobRecord } from "../../../src/jobs/history";
import type { Job } from "../../../src/types";
import { say } from "./dom";

export interface Fault {
  code?: string;
  message: string;
}

/** The account's jobs as Node-RED has them, or those that changed, and what is billed today. */
export interface JobsAnswer {
  jobs: JobRecord[];
  /** To ask for later changes with. */
  revision: number;
  /** Seconds of today and of this month. */
  used?: number;
  month?: number;
  /** The budget. */
  minutes?: number;
  per?: "day" | "month";
  error?: Fault;
}

export interface JobAnswer {
  job: Job;
}

/** A transcript as people copy it. */
export type Form = "text" | "srt" | "vtt";

const pathTo = (...parts: string[]) => ["gladia-sidebar/accounts", ...parts.map(encodeURIComponent)].join("/");

/** Asks Node-RED; only jQuery's requests carry the login. Rejects with a `Fault`. */
function ask<T>(method: string, url: string, more: JQuery.AjaxSettings = {}): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    $.ajax({ url, method, cache: method !== "GET", ...more }).then(
      (answer) => resolve(answer as T),
      (answer: JQuery.jqXHR) => faultOf(answer).then(reject, reject),
    );
  });
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

/** Asks for megabytes of JSON, which jQuery would decode and parse in one go: the browser gets its turn in between. */
async function askMuch<T>(url: string): Promise<T> {
  const bytes = await ask<Blob>("GET", url, {
    xhrFields: { responseType: "blob" },
    converters: { "binary json": true },
  });
  const written = await bytes.text();
  await turn();
  const answer = JSON.parse(written);
  await turn();
  return answer;
}

async function faultOf({ status, responseJSON }: JQuery.jqXHR): Promise<Fault> {
  const told: Partial<Fault> | undefined =
    responseJSON instanceof Blob
      ? await responseJSON
          .text()
          .then(JSON.parse)
          .catch(() => undefined)
      : responseJSON;
  if (typeof told?.message === "string") return told as Fault;
  if (status === 401 || status === 403) return { message: say("error.forbidden") };
  return { message: say(status === 0 ? "error.offline" : "error.other", { status }) };
}

export const api = {
  accounts: () => ask<{ accounts: { id: string; name: string }[] }>("GET", pathTo()),
  /** @param since a revision; 0 for all jobs */
  jobs: (account: string, since: number) =>
    ask<JobsAnswer>("GET", pathTo(account, "jobs"), { data: since > 0 ? { since } : {} }),
  earlier: (account: string) => ask<{ more: boolean }>("GET", pathTo(account, "earlier")),
  job: (account: string, id: string) => askMuch<JobAnswer>(pathTo(account, "jobs", id)),
  text: (account: string, id: string, form: Form) =>
    askMuch<{ text: string }>(pathTo(account, "jobs", id, form)).then(({ text }) => text),
  audio: (account: string, id: string) =>
    ask<Blob>("GET", pathTo(account, "jobs", id, "audio"), { xhrFields: { responseType: "blob" } }),
  cancel: (account: string, key: string) => ask<{ cancelled: boolean }>("POST", pathTo(account, "jobs", key, "cancel")),
  remove: (account: string, id: string) => ask<{ deleted: boolean }>("DELETE", pathTo(account, "jobs", id)),
};
