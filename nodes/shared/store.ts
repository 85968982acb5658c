import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Node, NodeAPI } from "node-red";
import { GladiaError } from "../../src/errors";
import { type JobStore, MemoryStore } from "../../src/jobs/entry";
import { FileStore } from "../../src/jobs/file-store";
import { type KeyValues, SharedStore } from "../../src/jobs/shared-store";
import { translate } from "./texts";

interface Settings {
  userDir?: string;
  contextStorage?: Record<string, unknown>;
}

/**
 * Where an account keeps its work under way: the context store of that name, else a file of ours in Node-RED's user
 * directory.
 * @throws GladiaError GLADIA_CONFIG for a context store that does not exist
 */
export function openStore(RED: NodeAPI, node: Node, name: string): JobStore {
  const { userDir, contextStorage } = RED.settings as Settings;
  if (name) return contextStore(RED, node, name, contextStorage ?? { memory: {} }, userDir ?? "");
  if (!userDir) return new MemoryStore();
  return new FileStore({
    path: join(userDir, "gladia", `${node.id}.jsonl`),
    onWarning: (key, params) => node.warn(translate(RED, key, params)),
  });
}

function contextStore(RED: NodeAPI, node: Node, name: string, stores: object, userDir: string): SharedStore {
  const names = Object.keys(stores);
  if (!names.includes(name)) {
    throw new GladiaError("GLADIA_CONFIG", "store-missing", { name, stores: names.join(", ") });
  }
  const owner = createHash("sha256").update(`${hostname()}\n${userDir}`).digest("hex").slice(0, 16);
  return new SharedStore({
    values: contextValues(node, name),
    prefix: `gladia_${node.id.replace(/\W/g, "_")}`,
    owner,
    onFailure: (error) => {
      const reason = error instanceof Error ? error.message : String(error);
      node.warn(translate(RED, "store-context", { name, reason }));
    },
  });
}

/** Global context, which is the same for all Node-REDs that share the store. */
function contextValues(node: Node, store: string): KeyValues {
  const { global } = node.context();
  const asked = (ask: (answer: (error: Error | null, value?: unknown) => void) => void) =>
    new Promise<unknown>((resolve, reject) => {
      ask((error, value) => (error ? reject(error) : resolve(value)));
    });
  return {
    get: (name) => asked((answer) => global.get(name, store, answer)),
    set: async (name, value) => void (await asked((answer) => global.set(name, value, store, answer))),
    remove: async (name) => void (await asked((answer) => global.set(name, undefined, store, answer))),
    names: async () => ((await asked((answer) => global.keys(store, answer))) as string[] | undefined) ?? [],
  };
}
