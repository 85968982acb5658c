import { stat } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import type { Node, NodeAPI, NodeDef } from "node-red";
import { shown } from "../src/audio/source";
import { GladiaError } from "../src/errors";
import { downloadBytes, downloadFile } from "../src/jobs/download";
import { allJobs, listQuery } from "../src/jobs/job-list";
import type { Job } from "../src/types";
import { choiceSetting, textSetting } from "./account/settings";
import { workingDirectory } from "./messages/audio";
import { type Context, onInput } from "./messages/input";
import { deleteJobs, jobIds } from "./messages/job-ids";
import { type Message, type Out, setFields } from "./messages/message";
import { evaluate, type OutputSettings, putOutput } from "./messages/property";
import { sequenceOf } from "./messages/sequence";

interface JobsDef extends NodeDef, OutputSettings {
  config?: string;
  operation?: string;
  job?: string;
  jobType?: string;
  kind?: string;
  all?: boolean;
  each?: boolean;
  filter?: string;
  filterType?: string;
  path?: string;
  pathType?: string;
}

/** Lists, reads and deletes jobs, fetches their audio, and ends the wait for them. */
export default function (RED: NodeAPI): void {
  function GladiaJobs(this: Node, def: JobsDef) {
    RED.nodes.createNode(this, def);

    const list = async (msg: Message, { account, signal }: Context, kind: "pre-recorded" | "live"): Promise<Out> => {
      const query = listQuery(await evaluate(RED, this, def.filter || "filter", def.filterType || "msg", msg));
      const jobs: Job[] = [];
      if (def.all) for await (const page of allJobs(account.client, query, { kind, signal })) jobs.push(...page);
      else jobs.push(...(await account.client.list(query, { kind, signal })).items);
      if (def.each && (def.propertyType || "msg") === "msg") {
        return [await sequenceOf(RED, msg, jobs, { source: undefined, property: def.property || "payload" })];
      }
      await putOutput(RED, this, msg, def, jobs);
      return msg;
    };

    const download = async (msg: Message, { account, signal }: Context, id: string, kind: "pre-recorded" | "live") => {
      const type = def.pathType || "str";
      const given =
        type === "str"
          ? textSetting(RED, this, "path", def.path)
          : await evaluate(RED, this, def.path ?? "", type, msg);
      if (given === undefined || given === null || given === "")
        return downloadBytes(account.client, id, { kind, signal });
      if (typeof given !== "string") throw new GladiaError("GLADIA_CONFIG", "jobs-path", {});
      const path = resolve(workingDirectory(RED), given);
      if (type === "msg" && (msg as { req?: unknown }).req && !(await isNewWithin(workingDirectory(RED), path))) {
        throw new GladiaError("GLADIA_CONFIG", "jobs-path-request", { path: shown(given) });
      }
      await downloadFile(account.client, id, path, { kind, signal });
      return path;
    };

    const handle = async (msg: Message, context: Context): Promise<Out> => {
      const { account, signal } = context;
      const operation = choiceSetting(RED, this, "operation", def.operation, OPERATIONS);
      const kind = choiceSetting(RED, this, "kind", def.kind, KINDS);
      if (operation === "list") return list(msg, context, kind);
      const ids = await jobIds(
        await evaluate(RED, this, def.job ?? "payload", def.jobType || "msg", msg),
        operation === "delete",
      );
      const [id = ""] = ids;
      let made: unknown = true;
      if (operation === "delete") {
        const deleted = await deleteJobs(account, ids, { kind, signal });
        setFields(msg, ids.length === 1 ? { id } : { deleted });
      } else {
        setFields(msg, { id });
      }
      if (operation === "get") {
        const job = await account.client.get(id, { kind, signal });
        setFields(msg, { job });
        made = job;
      }
      if (operation === "download") made = await download(msg, context, id, kind);
      if (operation === "cancel" && !account.cancelJob(id))
        throw new GladiaError("GLADIA_NOT_FOUND", "jobs-no-wait", { id }, { id });
      await putOutput(RED, this, msg, def, made);
      return msg;
    };
    onInput(RED, this, { config: def.config, handle });
  }
  RED.nodes.registerType("gladia-jobs", GladiaJobs);
}

/** Whether a path is in a folder, and nothing is there yet. */
async function isNewWithin(folder: string, path: string): Promise<boolean> {
  const way = relative(folder, path);
  if (way === "" || way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way)) return false;
  return stat(path).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === "ENOENT",
  );
}

const OPERATIONS = ["list", "get", "delete", "download", "cancel"] as const;
const KINDS = ["pre-recorded", "live"] as const;
