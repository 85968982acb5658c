import { measureFile } from "../audio/decode";
import { readHeaders } from "../audio/probe";
import { loadModel, type Model, type ModelName } from "./model";
import type { Measured, Reply, Request } from "./protocol";
import { transcribe } from "./transcribe";
import { type Recognition, UnreadableAudio } from "./types";

/*
 * The child process: decodes and recognises, so that the parent's event loop is never held, and takes its half a
 * gigabyte with it when it ends.
 */

const loaded = new Map<ModelName, Promise<Model>>();
const running = new Map<number, AbortController>();

function reply(message: Reply): void {
  process.send?.(message);
}

async function work(
  request: Exclude<Request, { type: "abort" }>,
  signal: AbortSignal,
): Promise<Recognition | Measured> {
  const { file, ffmpeg } = request;
  if (request.type === "measure") {
    return measureFile(file, await readHeaders(file, ffmpeg), ffmpeg, signal);
  }
  const onStage = (stage: string) => reply({ type: "stage", id: request.id, stage });
  const model = () => {
    const known = loaded.get(request.model);
    if (known) return known;
    onStage("loading model");
    const loading = loadModel(request.model);
    loaded.set(request.model, loading);
    return loading;
  };
  return transcribe(file, { model, ffmpeg, signal, onStage });
}

async function serve(request: Request): Promise<void> {
  if (request.type === "abort") {
    running.get(request.id)?.abort();
    return;
  }
  const { id } = request;
  const controller = new AbortController();
  running.set(id, controller);
  try {
    reply({ type: "done", id, result: await work(request, controller.signal) });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    reply({ type: "failed", id, message, ...(error instanceof UnreadableAudio && { status: error.status }) });
  } finally {
    running.delete(id);
  }
}

process.on("message", (request: Request) => void serve(request));
// Without its parent nobody is there to hear.
process.on("disconnect", () => process.exit());
