import type { NodeAPI } from "node-red";
import { GladiaError } from "../../src/errors";
import type { LiveMessage } from "../../src/live/messages";
import { isObject, type Options } from "../../src/options/merge";
import { addOnFailures, formatJob, type Output, textOf } from "../../src/output";
import type { Job, UploadAnswer } from "../../src/types";
import { translateError } from "../shared/texts";

/** What gathers on a message under the API's own names. */
export interface GladiaFields {
  audio_url?: string;
  audio_metadata?: UploadAnswer["audio_metadata"];
  id?: string;
  result_url?: string;
  job?: Job;
  text?: string;
  /** After gladia-live: what the API said, and whether it is words that do not change any more. */
  message?: LiveMessage;
  is_final?: boolean;
  warnings?: string[];
  /** After gladia-callback: what has happened, who told, and the job's own metadata. */
  event?: string;
  source?: "callback" | "webhook" | "live";
  custom_metadata?: Record<string, unknown>;
  error?: { message: string; code: string; cause: GladiaError["cause"] };
}

/** A message as our nodes see it; whatever else it carries goes on untouched. */
export interface Message {
  _msgid: string;
  payload?: unknown;
  topic?: unknown;
  gladia?: GladiaFields;
  options?: Options;
  control?: unknown;
  filename?: unknown;
  statusCode?: number;
  parts?: Parts;
}

/** Where a message stands in a sequence, as core's split and join have it. */
export interface Parts {
  id?: string;
  type?: string;
  index?: number;
  count?: number;
  len?: number;
  /** The property that join puts together, where it is not the payload. */
  property?: string;
  /** Of the sequence that the message was part of before. */
  parts?: Parts;
}

/** What goes out of a node: a message on its first output, or for each output one or several. */
export type Out = Message | (Message | Message[] | null)[];

/** Whatever was thrown, as an error with its text in the language of Node-RED's server. */
export function asError(RED: NodeAPI, reason: unknown): Error {
  if (reason instanceof GladiaError) return translateError(RED, reason);
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** Puts a failure's facts on a message, as plain data: an Error does not survive there. */
export function putError(msg: Message, error: Error): void {
  if (!(error instanceof GladiaError)) return;
  const { message, code, cause } = error;
  gather(msg, {});
  msg.gladia = { ...msg.gladia, error: { message, code, cause } };
  if (cause.status !== undefined) msg.statusCode = cause.status;
}

/** Adds to `msg.gladia`, in an object of its own: the old one may be seen by others. */
export function gather(msg: Message, fields: GladiaFields): void {
  const { error: _, ...present } = isObject(msg.gladia) ? msg.gladia : {};
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  msg.gladia = { ...present, ...Object.fromEntries(known) };
}

/** Forgets what an earlier job left on the message. */
export function beginJob(msg: Message): void {
  if (!isObject(msg.gladia)) {
    delete msg.gladia;
    return;
  }
  const { id, result_url, job, text, warnings, error, ...rest } = msg.gladia;
  msg.gladia = rest;
}

/** Puts a finished job on the message. @throws GladiaError GLADIA_RESPONSE when it has no transcript */
export async function putResult(
  msg: Message,
  job: Job,
  output: Output,
  warn: (name: string, message: string) => string,
): Promise<void> {
  const text = textOf(job);
  const warnings = addOnFailures(job).map(({ name, message }) => warn(name, message));
  gather(msg, {
    id: job.id,
    job,
    ...(text === undefined ? {} : { text }),
    ...(warnings.length > 0 ? { warnings } : {}),
  });
  msg.payload = await formatJob(job, output);
}
