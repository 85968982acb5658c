import { measureFile } from "../audio/decode";
import { readHeaders } from "../audio/probe";
import { LiveWork } from "./live-work";
import { loadModel, type Model, type ModelName } from "./model";
import type { Measured, Reply, Request, Work } from "./protocol";
import { transcribe } from "./transcribe";
import { Turns } from "./turns";
import { type Recognition, UnreadableAudio } from "./types";
import { loadVad, type Vad } from "./vad";

/*
 * The child process: decodes and recognises, so that the parent's event loop is never held, and takes its half a
 * gigabyte with it when it ends.
 */

const turns = new Turns();
const models = new Map<ModelName, Promise<Model>>();
let detector: Promise<Vad> | undefined;
const running = new Map<number, AbortController>();
const streams = new Map<number, LiveWork>();

function reply(message: Reply): void {
  process.send?.(message);
}

function vad(): Promise<Vad> {
  detector ??= loadVad();
  return detector;
}

function model(name: ModelName, onLoading: () => void = () => {}): Promise<Model> {
  const known = models.get(name);
  if (known !== undefined) return known;
  onLoading();
  const loading = loadModel(name);
  models.set(name, loading);
  return loading;
}

async function work(request: Work, signal: AbortSignal): Promise<Recognition | Measured | undefined> {
  const { id } = request;
  if (request.type === "listen") {
    const needs = { model: () => model(request.model), vad, turns, signal };
    const stream = new LiveWork(request.settings, needs, (event) => reply({ type: "live", id, ...event }));
    streams.set(id, stream);
    await stream.ended;
    return undefined;
  }
  const { file, ffmpeg } = request;
  if (request.type === "measure") {
    return measureFile(file, await readHeaders(file, ffmpeg), ffmpeg, signal);
  }
  const onStage = (stage: string) => reply({ type: "stage", id, stage });
  const load = () => model(request.model, () => onStage("loading model"));
  return transcribe(file, { model: load, vad, turns, ffmpeg, signal, onStage });
}

async function serve(request: Work): Promise<void> {
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
    streams.delete(id);
  }
}

process.on("message", (request: Request) => {
  if (request.type === "abort") running.get(request.id)?.abort();
  else if (request.type === "sound") streams.get(request.id)?.write(request.channels);
  else if (request.type === "finish") streams.get(request.id)?.finish();
  else void serve(request);
});
// Without its parent nobody is there to hear.
process.on("disconnect", () => process.exit());
