import type { Options } from "../options/merge";

/** How far the work on a message is; each step is kept before the next begins. */
export type EntryState = "wanted" | "uploaded" | "creating" | "created";

/** The work on one message, as it is kept over restarts. JSON throughout. */
export interface Entry {
  /** Ours, unguessable; the job carries it in `custom_metadata`. */
  key: string;
  /** The node that waits. */
  node: string;
  state: EntryState;
  /** `Date.now()` when the work began. */
  began: number;
  /** The JSON part of the message; undefined when the message has gone on and the job alone is watched for its slot. */
  message?: Record<string, unknown> | undefined;
  /** Where the audio can be read again: a path, a URL or a `data:` URI. Absent for audio in memory. */
  audio?: string | undefined;
  filename?: string | undefined;
  /** The transcription options as they will be sent. */
  options?: Options | undefined;
  /** Where the audio lies at Gladia, once it is uploaded. */
  audio_url?: string | undefined;
  /** Seconds of audio, where known. */
  duration?: number | undefined;
  /** `Date.now()` of the first try to create the job. */
  since?: number | undefined;
  /** The job. */
  id?: string | undefined;
}

/** What an account has used up on one day. */
export interface Usage {
  /** `YYYY-MM-DD`, local time. */
  day: string;
  /** Seconds that Gladia billed. */
  seconds: number;
}

/** Where the work under way is kept. Writing never throws: what cannot be kept is told by `onWarning`. */
export interface JobStore {
  /** What was kept, oldest first. Called once, before anything else. */
  load(): Promise<{ entries: Entry[]; usage: Usage | undefined }>;
  /** Keeps an entry as it is now; resolves once it would survive the end of the process. */
  put(entry: Entry): Promise<void>;
  remove(key: string): Promise<void>;
  putUsage(usage: Usage): Promise<void>;
  /** Who is given work of another Node-RED that ended; for stores that several share. */
  onAdopted?(adopt: (entry: Entry) => void): void;
  close(): Promise<void>;
}

/** Keeps nothing beyond the process: for a Node-RED without a user directory. */
export class MemoryStore implements JobStore {
  async load(): Promise<{ entries: Entry[]; usage: Usage | undefined }> {
    return { entries: [], usage: undefined };
  }
  async put(): Promise<void> {}
  async remove(): Promise<void> {}
  async putUsage(): Promise<void> {}
  async close(): Promise<void> {}
}

/** About how many characters of JSON the message of one entry may have; larger fields stay behind. */
const MOST = 256 * 1024;
const DEPTH = 30;

/**
 * The part of a message that can be kept as JSON: no Buffers, streams, functions and `res`; of `req` that there was one,
 * since what the message holds is a stranger's ever after. Fields that are too
 * large are left out, and the largest ones when all together are too much.
 */
export function jsonPart(message: object): { part: Record<string, unknown>; left: string[] } {
  const left: string[] = [];
  const fields = Object.entries(message).flatMap(([name, value]) => {
    if (name === "req" && value) return [{ name, plain: {}, size: 8 }];
    if (name === "req" || name === "res") return [];
    const room = { left: MOST };
    const plain = plainValue(value, 0, room);
    if (room.left < 0) left.push(name);
    return plain === undefined || room.left < 0 ? [] : [{ name, plain, size: MOST - room.left }];
  });
  fields.sort((a, b) => a.size - b.size);
  let size = fields.reduce((sum, field) => sum + field.size, 0);
  while (size > MOST) {
    const largest = fields.pop();
    if (!largest) break;
    left.push(largest.name);
    size -= largest.size;
  }
  return { part: Object.fromEntries(fields.map(({ name, plain }) => [name, plain])), left };
}

/** A value as JSON would have it; stops looking when there is no room left for it. */
function plainValue(value: unknown, depth: number, room: { left: number }): unknown {
  room.left -= typeof value === "string" ? value.length : 8;
  if (room.left < 0) return undefined;
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "object" || depth > DEPTH) return undefined;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (Array.isArray(value)) return value.map((item) => plainValue(item, depth + 1, room) ?? null);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return undefined;
  const fields = Object.entries(value).map(([name, item]) => {
    room.left -= name.length;
    return [name, plainValue(item, depth + 1, room)] as const;
  });
  return Object.fromEntries(fields.filter(([, item]) => item !== undefined));
}
