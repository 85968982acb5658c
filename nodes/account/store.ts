import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Node, NodeAPI } from "node-red";
import { GladiaError, type TextKey, type TextParams } from "../../src/errors";
import { FileStore } from "../../src/jobs/file-store";
import { FileLock } from "../../src/jobs/journal/lock";
import { LockedStore } from "../../src/jobs/locked-store";
import { MemoryStore } from "../../src/jobs/memory-store";
import { type KeyValues, SharedStore } from "../../src/jobs/shared-store";
import type { JobStore } from "../../src/jobs/work-item";
import { translate, translateError } from "../shared/texts";

interface Settings {
  userDir?: string;
  contextStorage?: Record<string, unknown>;
}

/**
 * Where an account keeps its work under way: the context store of that name, else a file of ours in Node-RED's user
 * directory. Of several Node-REDs on one user directory the first works with it, and the others wait.
 * @param onHeld told which other process has it, when one has
 * @param signal ends the wait
 * @throws GladiaError GLADIA_CONFIG for a context store that does not exist
 */
export function openStore(
  RED: NodeAPI,
  node: Node,
  name: string,
  { onHeld, signal }: { onHeld: (error: GladiaError) => void; signal: AbortSignal },
): JobStore {
  const { userDir, contextStorage } = RED.settings as Settings;
  const stores = contextStorage ?? { memory: {} };
  if (!userDir) return name ? contextStore(RED, node, name, stores, "") : new MemoryStore();
  const folder = join(userDir, "gladia");
  const path = join(folder, `${node.id}.jsonl`);
  const onWarning = (key: TextKey, params: TextParams) => node.warn(translate(RED, key, params));
  const store = name ? contextStore(RED, node, name, stores, userDir) : new FileStore({ path, onWarning });
  const lock = new FileLock({
    folder,
    name: node.id,
    onHeld: (holder) => {
      const { pid = "?", host = "?" } = holder ?? {};
      onHeld(new GladiaError("GLADIA_CONFIG", "store-held", { path: userDir, pid, host }, { retryable: true }));
    },
  });
  const onLost = (error: GladiaError) => node.error(translateError(RED, error));
  return new LockedStore({ store, lock, path, signal, onLost });
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
