import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { basename, extname } from "node:path";
import { pipeline } from "node:stream/promises";
import { FileBytes } from "../audio/bytes";
import { recognise, textIn } from "../audio/identify";
import { checkLimits } from "../audio/limits";
import { readWav, type Wav } from "../audio/wav";
import type { LiveListener, LiveRecogniser, LiveStream, LiveStreamSettings } from "../live/recogniser";
import { type Probe, type Recogniser, type Recognition, UnreadableAudio } from "../recogniser/types";
import type { Script, ScriptedAudio } from "../scripts";
import { channelsDiffer } from "./channels";
import { scriptedStream } from "./live";
import { utterancesOf } from "./speech";

/** How a scripted recogniser answers where no script says otherwise. */
export interface ScriptedOptions {
  /** what is said in a file; by default `speech of <filename> <first 8 digits of its sha256>`, one line per channel */
  text?: Exclude<Script["text"], undefined>;
  /** seconds of a file that is not WAV; 10 */
  duration?: number;
  /** channels of a file that is not WAV; 1 */
  channels?: number;
}

/** What the engine tells a scripted recogniser beside the file. */
interface Told {
  signal?: AbortSignal;
  onStage?: (stage: string) => void;
  script?: Script;
  audio?: ScriptedAudio;
}

/** What is known of a file without decoding it. */
async function read(path: string): Promise<{ extension: string; wav: Wav | undefined }> {
  return FileBytes.use(path, async (bytes) => {
    const kind = await recognise(bytes);
    if (kind === undefined && textIn(await bytes.read(0, 512)) === "a web page")
      throw new UnreadableAudio("The file is a web page, not audio", 415);
    const wav = kind?.extension === "wav" ? await readWav(bytes, kind.start) : undefined;
    if (wav) checkLimits(wav);
    // What no test wrote as audio goes by its name.
    return { extension: kind?.extension ?? (extname(path).slice(1).toLowerCase() || "bin"), wav };
  });
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** What was promised, or an error once the signal says stop: a test's function may take for ever. */
async function orAbort<T>(promised: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promised;
  signal.throwIfAborted();
  const settled = new AbortController();
  const aborted = once(signal, "abort", { signal: settled.signal }).then(() => Promise.reject(signal.reason));
  try {
    return await Promise.race([promised, aborted]);
  } finally {
    settled.abort();
  }
}

/** A recogniser without a model, for tests: the text comes from `control.script` or identifies the audio. */
export class Scripted implements Recogniser, LiveRecogniser {
  constructor(private readonly options: ScriptedOptions) {}

  /** Reads duration and channels from a WAV header; other files have those of the options. */
  async probe(path: string): Promise<Probe> {
    return this.measure(await read(path));
  }

  private measure({ extension, wav }: Awaited<ReturnType<typeof read>>): Probe {
    const { duration = 10, channels = 1 } = wav?.codec === undefined ? this.options : wav;
    return { extension, duration, channels };
  }

  /** Says what the script, the options or the file's name and sum tell it to say. */
  async transcribe(path: string, told: Told = {}): Promise<Recognition> {
    const found = await read(path);
    const { wav } = found;
    const { duration, channels } = this.measure(found);
    const differ = wav === undefined ? channels > 1 : await channelsDiffer(path, wav);
    const distinctChannels = differ ? channels : 1;
    const { script = {}, audio } = told;
    told.onStage?.("transcribing 50 %");
    const lines = await orAbort(this.lines(path, distinctChannels, script, audio), told.signal);
    const warnings = script.warnings ?? [];
    return {
      duration,
      distinctChannels,
      utterances: script.utterances ?? utterancesOf(lines, duration),
      warnings,
    };
  }

  /** Listens live: see `scriptedStream`. */
  open(settings: LiveStreamSettings & { script?: Script }, listener: LiveListener): LiveStream {
    return scriptedStream(settings, listener, this.options.text);
  }

  async close(): Promise<void> {}

  private async lines(path: string, channels: number, script: Script, audio: ScriptedAudio | undefined) {
    const text = script.text ?? this.options.text;
    if (typeof text === "function") {
      if (audio === undefined) throw new Error("A text that is a function needs the audio of a job");
      return [await text(audio)].flat();
    }
    if (text !== undefined) return [text].flat();
    const name = audio?.filename ?? basename(path);
    const identity = `speech of ${name} ${(audio?.sha256 ?? (await sha256Of(path))).slice(0, 8)}`;
    if (channels === 1) return [identity];
    return Array.from({ length: channels }, (_, channel) => ({ text: `${identity} channel ${channel}`, channel }));
  }
}

/**
 * Makes a recogniser without a model, for tests.
 * @param options what it says where no `control.script` does
 */
export function scripted(options: ScriptedOptions = {}): Scripted {
  return new Scripted(options);
}
