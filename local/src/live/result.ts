import { type FileHandle, open } from "node:fs/promises";
import type { AddOns } from "../result/addons";
import { buildResult, type Forced } from "../result/build";
import type { AddOn, SpokenUtterance } from "../result/shapes";
import { yieldToLoop } from "../result/timed";
import { write } from "../result/write";
import type { SessionOptions } from "./options";
import { KEPT, SENT } from "./outbox";
import type { Emit } from "./speech";

/** What a session came to. `duration` in seconds; every channel counts, also when two are the same. */
export interface Spoken {
  finals: SpokenUtterance[];
  duration: number;
  channels: number;
  options: SessionOptions;
}

/** The result of a session, without its messages. */
export async function sessionResult(
  { finals, duration, channels, options }: Spoken,
  addOns: AddOns,
  seconds: number,
  forced: Forced,
): Promise<Record<string, unknown>> {
  const recognition = { duration, distinctChannels: channels, utterances: finals, warnings: [] };
  // The finals have been through vocabulary and spelling.
  const rest = { ...options, custom_vocabulary: false, custom_spelling: false };
  return buildResult(recognition, rest, addOns, seconds, forced);
}

/** Says a session's result, as far as it holds what the messages after the recording are about. */
export function sayResult(result: Record<string, unknown>, say: Emit): void {
  const { transcription } = result;
  if (transcription !== undefined) say("post_processing_events", "post_transcript", { data: transcription });
  const summary = result["summarization"] as AddOn | undefined;
  if (summary !== undefined) {
    const data = summary.error === null ? { results: summary.results } : null;
    say("post_processing_events", "post_summarization", { error: summary.error, data });
  }
  say("post_processing_events", "post_final_transcript", { data: result });
}

/** The lines of a session's file of messages; none when there is no file. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let handle: FileHandle;
  try {
    handle = await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  try {
    yield* handle.readLines();
  } finally {
    await handle.close();
  }
}

/**
 * Writes a session's result as JSON, with its messages.
 * @param path where the messages lie; a last line that is not whole, as after a crash, is passed over
 */
export async function writeResult(result: object, path: string): Promise<string> {
  const breathe = yieldToLoop();
  const messages: string[] = [];
  for await (const line of linesOf(path)) {
    if (line.startsWith(SENT) && parsed(line) !== undefined) messages.push(JSON.stringify(line.slice(SENT.length)));
    await breathe();
  }
  return `${(await write(result)).slice(0, -1)},"messages":[${messages.join(",")}]}`;
}

/**
 * The finals of a session whose engine ended, from the file of its messages.
 * @param path where the messages lie
 */
export async function readFinals(path: string): Promise<SpokenUtterance[]> {
  const finals: SpokenUtterance[] = [];
  for await (const line of linesOf(path)) {
    const message = parsed(line);
    if (message?.type === "transcript" && message.data?.is_final === true) finals.push(message.data.utterance);
  }
  return finals;
}

function parsed(line: string): { type?: string; data?: { is_final: boolean; utterance: SpokenUtterance } } | undefined {
  if (!line.startsWith(SENT) && !line.startsWith(KEPT)) return undefined;
  try {
    return JSON.parse(line.slice(1));
  } catch {
    return undefined;
  }
}
