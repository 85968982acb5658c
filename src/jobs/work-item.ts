import type { Options } from "../options/merge";

export { jsonPart } from "./json-part";

/** What is known of the work on one message from its beginning, as it is kept over restarts. JSON throughout. */
interface Work {
  /** Ours, unguessable; the job carries it in `custom_metadata`. */
  key: string;
  /** The node that waits. */
  node: string;
  /** `Date.now()` when the work began. The clock may have been wrong by then. */
  began: number;
  /** Nothing was done for the message yet: it is handled as a new one. */
  untouched?: boolean | undefined;
  /** The JSON part of the message; undefined when the message has gone on and the job alone is watched for its slot. */
  message?: Record<string, unknown> | undefined;
  /** Where the audio can be read again: a path, a URL or a `data:` URI. Absent for audio in memory. */
  audio?: string | undefined;
  filename?: string | undefined;
  /** The transcription options as they will be sent. */
  options?: Options | undefined;
  /** Seconds of audio, where known. */
  duration?: number | undefined;
  /** What tells the audio from any other, where its result may be known. */
  content?: string | undefined;
  /** Whose key it is done with; undefined for the account's own. */
  customer?: string | undefined;
  /** Somebody tries options in the editor: no flow is told of it. */
  isTrial?: boolean | undefined;
}

/** Nothing was done yet. */
export interface AcceptedItem extends Work {
  state: "accepted";
  audio_url?: undefined;
  since?: undefined;
  id?: undefined;
}

/** Its audio lies at Gladia, or where Gladia can fetch it. */
export interface UploadedItem extends Work {
  state: "uploaded";
  audio_url: string;
  since?: undefined;
  id?: undefined;
}

/** Its job is being created, or was. */
export interface CreatingItem extends Work {
  state: "creating";
  audio_url: string;
  /** When it was first tried, by the server's clock as far as that was known. */
  since: number;
  id?: undefined;
}

/** It has a job: of ours, created at `since`, or one that was known before. */
export interface CreatedItem extends Work {
  state: "created";
  id: string;
  audio_url?: string | undefined;
  since?: number | undefined;
}

/** The work on one message; each step is kept before the next begins. */
export type WorkItem = AcceptedItem | UploadedItem | CreatingItem | CreatedItem;

/** How work begins; with an id for a job that exists already. */
export type NewWork = Omit<Work, "key" | "began"> & ({ state?: "accepted" } | { state: "created"; id: string });

/** What becomes of an item, as it is kept: its changed fields, those that are gone, and the changed fields of its message. */
export interface Patch {
  set: Partial<Pick<WorkItem, "state" | "audio_url" | "since" | "id" | "duration" | "content" | "message">>;
  unset: ("message" | "since")[];
  fields?: Record<string, unknown> | undefined;
}

/** What an account has used up on one day, and in its month. */
export interface Usage {
  /** `YYYY-MM-DD`, local time. */
  day: string;
  /** Seconds that Gladia billed on that day. */
  seconds: number;
  /** Seconds that it billed in the day's month; earlier versions did not count them. */
  month?: number;
}

/**
 * A callback or webhook that was answered with 200 and that the flow does not have yet: ids and events, no transcript of a
 * job; a live event as it came, since it cannot be read again. JSON throughout.
 */
export interface KeptEvent {
  /** Two with the same key tell the same. */
  key: string;
  [field: string]: unknown;
}

/** Keys of told events that are remembered. */
export const MAX_TOLD = 5000;
/** Known results that are remembered. */
export const MAX_RESULTS = 2000;

/** What an earlier run left. */
export interface Kept {
  /** Oldest first. */
  entries: WorkItem[];
  usage: Usage | undefined;
  /** Not told yet, oldest first. */
  events: KeptEvent[];
  /** Keys of events that the flow had already, oldest first; the newest few thousand. */
  told: string[];
}

/**
 * Where the work under way is kept. Items are handed over for good: a store may keep the object itself, and whoever
 * changes it tells. What cannot be kept is told as a warning and never thrown.
 */
export interface JobStore {
  /**
   * What was kept. Called once, before anything else.
   * @throws the signal's reason, when it waited for another process and shall not any more
   */
  load(): Promise<Kept>;
  /** Keeps an item; resolves once it would survive the end of the process. */
  put(item: WorkItem): Promise<void>;
  /**
   * Keeps a step of an item that was put, as it is now; resolves once it would survive the end of the process, and, for
   * the step that decides about money, `creating`, a power cut.
   * @throws GladiaError when the item belongs to another process by now
   */
  update(item: WorkItem, patch: Patch): Promise<void>;
  remove(key: string): Promise<void>;
  putUsage(usage: Usage): Promise<void>;
  /** Keeps an event; resolves once it would survive a power cut. */
  putEvent(event: KeptEvent): Promise<void>;
  /** Whether an event may be told here: of several that share a store, one tells it. */
  claimEvent(key: string): Promise<boolean>;
  /** The flow has the event: its key alone is remembered. */
  tellEvent(key: string): Promise<void>;
  /** The id of the job that is known for a key, if there is one. */
  result(key: string): Promise<string | undefined>;
  /** Remembers the job for a key, or that there is none any more; the newest few thousand. */
  putResult(key: string, id: string | undefined): Promise<void>;
  /** Who is given work of another Node-RED that ended, where several share a store. */
  onAdopted(adopt: (item: WorkItem) => void): void;
  /** Who is given the events of another Node-RED that ended. */
  onAdoptedEvent(adopt: (event: KeptEvent) => void): void;
  close(): Promise<void>;
}

/** An item as a store gives it back, also from earlier versions; undefined for what is none. */
export function readItem(value: unknown): WorkItem | undefined {
  const item = value as (Partial<Record<keyof CreatedItem, unknown>> & object) | null | undefined;
  if (typeof item?.key !== "string" || typeof item.node !== "string") return undefined;
  const { state, id, audio_url, since } = item;
  const began = typeof item.began === "number" ? item.began : Date.now();
  const known = { ...item, began };
  if (typeof id === "string") return { ...known, state: "created" } as CreatedItem;
  if (typeof audio_url !== "string") {
    const { audio_url: _, since: __, id: ___, ...rest } = known;
    return { ...rest, state: "accepted" } as AcceptedItem;
  }
  if (state === "creating") return { ...known, since: typeof since === "number" ? since : began } as CreatingItem;
  return { ...known, state: "uploaded" } as UploadedItem;
}
