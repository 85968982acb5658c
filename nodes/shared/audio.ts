import type { Node, NodeAPI, NodeMessage } from "node-red";
import { readAudio } from "../../src/audio";
import { type Audio, refuse } from "../../src/audio/source";
import type { Entry } from "../../src/jobs/entry";
import type { Account } from "./account";
import type { Message } from "./message";
import { evaluate } from "./property";

/** The settings of nodes that take audio. */
export interface AudioSettings {
  audio?: string;
  audioType?: string;
  filename?: string;
  filenameType?: string;
  fetch?: boolean | string;
}

/**
 * What the node's Audio field holds for this message. Other typed arrays than Buffers are replaced by a Buffer on the same
 * memory, on the message, too: Node-RED needs a quarter of a second to clone a megabyte of them.
 */
export async function audioValue(RED: NodeAPI, node: Node, settings: AudioSettings, msg: Message): Promise<unknown> {
  const { audio = "payload", audioType } = settings;
  const value = await evaluate(RED, node, audio, audioType || "msg", msg);
  if (!ArrayBuffer.isView(value) || Buffer.isBuffer(value)) return value;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if ((audioType || "msg") === "msg") RED.util.setMessageProperty(msg as unknown as NodeMessage, audio, bytes);
  return bytes;
}

/** Longest text kept as a reference; a long data: URI stays in the message or is lost. */
const LONGEST = 64 * 1024;

/** Where a value's audio can be read again after a restart: a path or an address; undefined for what is in memory. */
export function audioReference(value: unknown): string | undefined {
  return typeof value === "string" && value.length <= LONGEST ? value : undefined;
}

/** Whether the pieces of a file are taken: only where the Audio field is `msg.payload`. */
export function takesChunks({ audio = "payload", audioType = "msg" }: AudioSettings): boolean {
  return audio === "payload" && (audioType || "msg") === "msg";
}

/** The audio of a message, ready to be sent. @throws GladiaError GLADIA_AUDIO */
export async function messageAudio(
  RED: NodeAPI,
  node: Node,
  settings: AudioSettings,
  msg: Message,
  context: { value: unknown; account: Account; signal: AbortSignal; resumed: Entry | undefined },
): Promise<Audio> {
  const { value, account, signal, resumed } = context;
  if (resumed && value === undefined) throw refuse("audio-gone");
  const name = await evaluate(RED, node, settings.filename ?? "filename", settings.filenameType || "msg", msg);
  return readAudio(value, {
    filename: typeof name === "string" ? name : undefined,
    fetch: settings.fetch === true || settings.fetch === "true",
    folder: workingDirectory(RED),
    isOwn: (url) => isUploaded(account, url),
    transport: account.transport,
    timeout: account.timeout,
    retries: account.retries,
    signal,
  });
}

/** Where relative paths start, as for core's file nodes. */
function workingDirectory(RED: NodeAPI): string {
  return (RED.settings as { fileWorkingDirectory?: string }).fileWorkingDirectory || process.cwd();
}

/** Whether a URL is an upload of this account. */
export function isUploaded(account: Account, url: string): boolean {
  return account.client.isOwn(url) && new URL(url).pathname.includes("/file/");
}
