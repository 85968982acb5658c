import type { Node, NodeAPI, NodeMessage } from "node-red";
import { bytesOf, isStream, readAudio } from "../../src/audio";
import { type Audio, OWNER, refuse, type Trust } from "../../src/audio/source";
import type { Account } from "../../src/jobs/account";
import type { Entry } from "../../src/jobs/entry";
import { choiceSetting } from "../account/settings";
import type { Message } from "./message";
import { evaluate } from "./property";

/** The settings of nodes that take audio. */
export interface AudioSettings {
  audio?: string;
  audioType?: string;
  filename?: string;
  filenameType?: string;
  fetch?: boolean | string;
  paths?: string;
  lan?: string;
}

/** `auto`: but not for messages that carry an HTTP request. */
const ALLOWED = ["auto", "yes", "no"] as const;

/**
 * What the node's Audio field holds for this message. Bytes in another form than a Buffer are replaced by a Buffer on the
 * same memory, on the message, too: Node-RED needs a quarter of a second to clone a megabyte of them.
 */
export async function audioValue(RED: NodeAPI, node: Node, settings: AudioSettings, msg: Message): Promise<unknown> {
  const { audio = "payload", audioType } = settings;
  const value = await evaluate(RED, node, audio, audioType || "msg", msg);
  const bytes = bytesOf(value);
  if (!bytes || bytes === value) return value;
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

/** Whether a message's audio can be read again when the message is handled anew: a stream gives it once. */
export function isRepeatable(RED: NodeAPI, { audio = "payload", audioType }: AudioSettings, msg: Message): boolean {
  if ((audioType || "msg") !== "msg") return true;
  try {
    return !isStream(RED.util.getMessageProperty(msg as unknown as NodeMessage, audio));
  } catch {
    return true; // it leads through something absent, which will be told
  }
}

/**
 * What the audio of a message may do. What is typed into the node, or stands in the environment, is its owner's; an
 * expression gives what is in the message. That a message came with an HTTP request is kept over restarts.
 * @throws GladiaError GLADIA_CONFIG
 */
function trustOf(RED: NodeAPI, node: Node, settings: AudioSettings, msg: Message): Trust {
  const [paths, lan] = (["paths", "lan"] as const).map((name) =>
    choiceSetting(RED, node, name, settings[name], ALLOWED),
  );
  if (settings.audioType === "str" || settings.audioType === "env") return OWNER;
  const request = (msg as { req?: unknown }).req;
  const asked = request !== undefined && request !== null;
  return {
    paths: paths === "auto" ? (asked ? "request" : "yes") : (paths ?? "no"),
    lan: lan === "auto" ? !asked : lan === "yes",
    unknown: !asked,
  };
}

/** The audio of a message, ready to be sent. @throws GladiaError GLADIA_AUDIO */
export async function messageAudio(
  RED: NodeAPI,
  node: Node,
  settings: AudioSettings,
  msg: Message,
  context: { value: unknown; account: Account; signal: AbortSignal; resumed: Entry | undefined; onWait: () => void },
): Promise<Audio> {
  const { value, account, signal, resumed, onWait } = context;
  const trust = trustOf(RED, node, settings, msg);
  if (resumed && value === undefined) throw refuse("audio-gone");
  return readAudio(value, {
    filename: await filenameOf(RED, node, settings, msg),
    fetch: settings.fetch === true || settings.fetch === "true",
    trust,
    folder: workingDirectory(RED),
    isOwn: (url) => isUploaded(account, url),
    onWait,
    transport: account.transport,
    timeout: account.settings.timeout,
    retries: account.settings.retries,
    signal,
  });
}

/** What the node's File name field holds; uploads of the Dashboard have their name in `msg.file`. */
async function filenameOf(
  RED: NodeAPI,
  node: Node,
  settings: AudioSettings,
  msg: Message,
): Promise<string | undefined> {
  const { filename = "filename", filenameType } = settings;
  const name = await evaluate(RED, node, filename, filenameType || "msg", msg);
  if (typeof name === "string") return name;
  const { file } = msg as { file?: { name?: unknown } | null };
  return filename === "filename" && typeof file?.name === "string" ? file.name : undefined;
}

/** Where relative paths start, as for core's file nodes. */
function workingDirectory(RED: NodeAPI): string {
  return (RED.settings as { fileWorkingDirectory?: string }).fileWorkingDirectory || process.cwd();
}

/** Whether a URL is an upload of this account. */
export function isUploaded(account: Account, url: string): boolean {
  return account.client.isOwn(url) && new URL(url).pathname.includes("/file/");
}
