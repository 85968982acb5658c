import type { JobRecord } from "../../../src/jobs/history";
import type { Job } from "../../../src/types";
import { say } from "./dom";

export interface Fault {
  code?: string;
  message: string;
}

/** The account's jobs as Node-RED has them, and what is billed today. */
export interface JobsAnswer {
  jobs: JobRecord[];
  used?: number;
  minutes?: number;
  error?: Fault;
}

export interface JobAnswer {
  job: Job;
  text?: string;
  dialogue?: string;
  srt?: string;
  vtt?: string;
}

const pathTo = (...parts: string[]) => ["gladia/accounts", ...parts.map(encodeURIComponent)].join("/");

/** Asks Node-RED; only jQuery's requests carry the login. Rejects with a `Fault`. */
function ask<T>(method: string, url: string, more: JQuery.AjaxSettings = {}): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    $.ajax({ url, method, cache: method !== "GET", ...more }).then(
      (answer) => resolve(answer as T),
      (answer: JQuery.jqXHR) => reject(faultOf(answer)),
    );
  });
}

function faultOf({ status, responseJSON }: JQuery.jqXHR): Fault {
  const told = responseJSON as Partial<Fault> | undefined;
  if (typeof told?.message === "string") return told as Fault;
  if (status === 401 || status === 403) return { message: say("error.forbidden") };
  return { message: say(status === 0 ? "error.offline" : "error.other", { status }) };
}

export const api = {
  accounts: () => ask<{ accounts: { id: string; name: string }[] }>("GET", pathTo()),
  jobs: (account: string) => ask<JobsAnswer>("GET", pathTo(account, "jobs")),
  job: (account: string, id: string) => ask<JobAnswer>("GET", pathTo(account, "jobs", id)),
  audio: (account: string, id: string) =>
    ask<Blob>("GET", pathTo(account, "jobs", id, "audio"), { xhrFields: { responseType: "blob" } }),
  cancel: (account: string, key: string) => ask<{ cancelled: boolean }>("POST", pathTo(account, "jobs", key, "cancel")),
  remove: (account: string, id: string) => ask<{ deleted: boolean }>("DELETE", pathTo(account, "jobs", id)),
};
