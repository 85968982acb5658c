import { join } from "node:path";
import type { Node, NodeAPI } from "node-red";
import { type JobStore, MemoryStore } from "../../src/jobs/entry";
import { FileStore } from "../../src/jobs/file-store";
import { translate } from "./texts";

/** Where an account keeps its work under way: a file of ours in Node-RED's user directory. */
export function openStore(RED: NodeAPI, node: Node): JobStore {
  const { userDir } = RED.settings as { userDir?: string };
  if (!userDir) return new MemoryStore();
  return new FileStore({
    path: join(userDir, "gladia", `${node.id}.jsonl`),
    onWarning: (key, params) => node.warn(translate(RED, key, params)),
  });
}
