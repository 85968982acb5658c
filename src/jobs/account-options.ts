import type { CallbackHandler } from "../callbacks/handler";
import type { GladiaClient } from "../client";
import type { TextKey, TextParams } from "../errors";
import type { Transport } from "../http/transport";
import type { Options } from "../options/merge";
import type { Account } from "./account";
import type { JobStore, WorkItem } from "./entry";
import type { History } from "./history";
import type { Users } from "./users";

export interface AccountSettings {
  /** Without a slash at its end. */
  apiUrl: string;
  /** Where live sessions take place; undefined: the server chooses. */
  region?: string | undefined;
  /** Default transcription options. */
  options: Options;
  /** Option sets by name, for nodes to choose from. */
  presets: Record<string, Options>;
  /** Seconds without progress on one request. */
  timeout: number;
  retries: number;
  /** Seconds to wait for a job. */
  deadline: number;
  /** Jobs under way at once. */
  concurrency: number;
  /** Messages that may wait for a slot. */
  queueLimit: number;
  /** Minutes of audio a day; undefined for no limit. */
  budget: number | undefined;
}

/** What receives callbacks and webhooks; undefined where none can come, and then `fault` says why. */
export interface Callbacks {
  /** The secret part of their address. */
  secret: string;
  handler: CallbackHandler | undefined;
  fault: { key: TextKey; params: TextParams } | undefined;
  /** @param removed the account will not come back */
  close(removed: boolean): void;
}

export interface AccountOptions {
  settings: AccountSettings;
  client: GladiaClient;
  /** The account's own: it closes with it. */
  transport: Transport;
  store: JobStore;
  /** What is told of its jobs; it outlives the account. */
  history: History;
  users: Users;
  openCallbacks(account: Account): Callbacks;
  nodeExists(id: string): boolean;
  /** Told of work that is given up, since its nodes are long gone. */
  onOrphans(items: WorkItem[]): void;
}
