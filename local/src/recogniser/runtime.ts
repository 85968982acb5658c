import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import * as ort from "onnxruntime-web";

// Most of ONNX Runtime's code runs only while a model is loaded. Holding V8's optimising compiler back until a
// function has proved hot makes loading a third faster on one core; recognition is as fast as before soon after.
setFlagsFromString("--wasm-tiering-budget=400000000");
// More threads gained nothing when measured.
ort.env.wasm.numThreads = 1;

/** Named tensors that go into a network or come out of it. */
export type Tensors = Record<string, ort.Tensor>;

/** A network ready to run. */
export interface Network {
  /**
   * Runs it once.
   *
   * @param outputs names of the outputs wanted; all by default
   */
  run(inputs: Tensors, outputs?: string[]): Promise<Tensors>;
}

/**
 * Makes a network out of the bytes of an ONNX file. All networks of this process share one runtime that keeps its
 * arguments on one stack, so that they run one after the other even if they are asked for at the same time.
 */
export async function createNetwork(
  bytes: Uint8Array,
  options?: ort.InferenceSession.SessionOptions,
): Promise<Network> {
  const session = await exclusively(() => ort.InferenceSession.create(bytes, options));
  return {
    run: (inputs, outputs) =>
      exclusively(async () => (await (outputs ? session.run(inputs, outputs) : session.run(inputs))) as Tensors),
  };
}

let before: Promise<unknown> = Promise.resolve();

function exclusively<Value>(work: () => Promise<Value>): Promise<Value> {
  const turn = before.then(work);
  before = turn.catch(() => {});
  return turn;
}

/** Reads a file whose SHA-256 (hex) is known; throws an Error if it is another. */
export async function readVerified(path: string, sha256: string): Promise<Uint8Array> {
  const bytes = await readFile(path);
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== sha256) {
    throw new Error(`${path} is not the file this engine was made for (SHA-256 ${found}, expected ${sha256})`);
  }
  return bytes;
}

/**
 * Folder of a package of weights. Such packages export nothing to `require`, so it is looked for where Node would.
 *
 * @throws Error that says what to install if it is not there
 */
export function weightsFolder(name: string, version: string): string {
  const folders = (require.resolve.paths(name) ?? []).map((folder) => join(folder, name));
  const found = folders.find((folder) => existsSync(join(folder, "package.json")));
  if (!found) throw new Error(`the speech model is missing: install ${name}@${version} beside this package`);
  return found;
}
