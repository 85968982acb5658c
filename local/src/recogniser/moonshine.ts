import { type Ffmpeg, findFfmpeg } from "../audio/ffmpeg";
import { readHeaders } from "../audio/probe";
import type { LiveRecogniser } from "../live/recogniser";
import { WorkerProcess } from "./child";
import { LiveSound } from "./live-stream";
import type { ModelName } from "./model";
import type { Measured, Progress } from "./protocol";
import type { Probe, Recogniser, Recognition } from "./types";

/** A recogniser for English that runs on this machine. */
export interface Moonshine extends Recogniser, LiveRecogniser {
  /** Id of the process that recognises, while it lives. */
  readonly pid: number | undefined;
}

/** Settings of {@link createMoonshine}. */
interface MoonshineOptions {
  /** `tiny` (default) is fast; `base` takes twice the time and makes fewer mistakes in noise. */
  model?: ModelName;
  /** Seconds without work after which the engine gives its memory back (some 500 MB); 60 by default. */
  idleSeconds?: number;
  /** Told what the engine is doing, whichever job it is for. */
  onStage?: (stage: string) => void;
  /** Path of ffmpeg, or false for none; looked for on PATH by default. */
  ffmpeg?: string | false;
}

/**
 * Makes a recogniser out of the Moonshine model. Decoding and recognition run in a process of their own, which is
 * started at the first need; one file at a time, others wait, while live streams have their turn between. Nothing is fetched from anywhere.
 */
export function createMoonshine(options: MoonshineOptions = {}): Moonshine {
  const { model = "tiny", idleSeconds = 60 } = options;
  const engine = new WorkerProcess(idleSeconds);
  let before: Promise<unknown> = Promise.resolve();
  const ffmpeg = (): Promise<Ffmpeg> => (options.ffmpeg === undefined ? findFfmpeg() : Promise.resolve(options.ffmpeg));

  const probe = async (file: string): Promise<Probe> => {
    const tool = await ffmpeg();
    const { kind, channels, duration } = await readHeaders(file, tool);
    if (channels && duration) return { extension: kind.extension, duration, channels };
    const measured = await engine.request<Measured>((id) => ({ type: "measure", id, file, ffmpeg: tool }));
    return { extension: kind.extension, ...measured };
  };

  const transcribe: Recogniser["transcribe"] = async (file, { signal, onStage }) => {
    const tool = await ffmpeg();
    const tell = (stage: string) => {
      options.onStage?.(stage);
      onStage?.(stage);
    };
    const turn = before.then(() => {
      const request = { type: "transcribe", file, model, ffmpeg: tool } as const;
      const onProgress = (progress: Progress) => progress.type === "stage" && tell(progress.stage);
      return engine.request<Recognition>((id) => ({ ...request, id }), onProgress, signal);
    });
    // The next in line does not care how this one ends.
    before = turn.catch(() => {});
    return abortable(turn, signal);
  };

  return {
    probe,
    transcribe,
    open: (settings, listener) => new LiveSound(engine, model, settings, listener),
    close: () => engine.close(),
    get pid() {
      return engine.pid;
    },
  };
}

/** Rejects at once when the signal is aborted, though the work may take a moment longer to stop. */
async function abortable<Value>(work: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (!signal) return work;
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
