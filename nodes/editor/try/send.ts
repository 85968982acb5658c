import type { Options } from "../../../src/options/merge";
import type { Job } from "../../../src/types";
import { say } from "../sidebar/dom";

/** What a dialog says as it stands. */
export interface Trial {
  node: string;
  account: string;
  options: Options;
}

/** A line of the answer: a step, the result, or what went wrong. */
export interface Step {
  state?: "waiting" | "uploading" | "queued" | "processing";
  job?: Job;
  text?: string;
  error?: { code: string; message: string };
}

/** The editor's stand-in for a saved password. */
const SAVED = "__PWRD__";

/** The account as it stands in the editor: Node-RED says when that is not what is deployed. */
function accountValues(id: string): object {
  const node = RED.nodes.node(id) ?? ({} as EditorNode);
  const { apiKey = SAVED } = (node["credentials"] ?? {}) as { apiKey?: string };
  const values = ["apiUrl", "proxy", "tls", "options"].map((name) => [name, node[name]]);
  return { id, apiKey, ...Object.fromEntries(values) };
}

/** Sends a clip and tells each step. The function it gives ends it. */
export function send({ account, ...trial }: Trial, file: File, tell: (step: Step) => void): () => void {
  const about = { ...trial, account: accountValues(account), filename: file.name };
  let read = 0;
  let ended = false;
  const take = (text: string) => {
    for (let end = text.indexOf("\n", read); end >= 0; end = text.indexOf("\n", read)) {
      const step = JSON.parse(text.slice(read, end)) as Step;
      read = end + 1;
      ended ||= Boolean(step.job || step.error);
      tell(step);
    }
  };
  const fail = (status: number) => {
    const key = status === 401 || status === 403 ? "forbidden" : status === 0 || status === 200 ? "offline" : "other";
    if (!ended) tell({ error: { code: "", message: say(`error.${key}`, { status }) } });
  };
  const xhr = new XMLHttpRequest();
  xhr.addEventListener("progress", () => xhr.status === 200 && take(xhr.responseText));
  const request = $.ajax({
    url: "gladia-transcribe/try",
    method: "POST",
    data: new Blob([`${JSON.stringify(about)}\n`, file]),
    processData: false,
    contentType: "application/octet-stream",
    dataType: "text",
    xhr: () => xhr,
  });
  request.then(
    (text: string) => {
      take(text);
      fail(200); // the answer broke off
    },
    ({ status }) => fail(status),
  );
  return () => {
    ended = true;
    request.abort();
  };
}
