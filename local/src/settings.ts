/** What may be changed while the engine runs; `control.settings` holds them, `control.reset()` puts them back. */
export interface Settings {
  /** Fields of a create request that the API does not have: a 400, or dropped. */
  unknownFields: "reject" | "ignore";
  /** Codes of the languages the recogniser understands, or `any`; a job that asks only for others is a 400. */
  languages: string[] | "any";
  /** Largest audio file in bytes, uploaded or fetched; more is a 413. */
  maxUpload: number;
  /** Jobs of the account that may be queued or processing at once, null for no limit; more is a 429. */
  accountLimit: number | null;
  /** Seconds in the `Retry-After` of that 429, null for none. */
  retryAfter: number | null;
  /** True: `GET .../file` answers 302 to a second origin (`control.storage`) instead of the bytes. */
  redirectFiles: boolean;
  /** Milliseconds to wait before each further try to deliver a callback or webhook; its length is the number of retries. */
  deliveryDelays: number[];
  /** Where the account's webhooks go and what signs them (`whsec_...`), null for none. */
  webhook: { url: string; secret: string } | null;
  /** True: `sentiment_analysis.results` is JSON in a string and `sentences.results` holds strings, as the SDK's types say. */
  stringResults: boolean;
  /** Live sessions at once, null for no limit; more is a 429. */
  liveLimit: number | null;
  /** Milliseconds without a frame after which a live connection is closed; the session can be resumed. */
  liveIdle: number;
  /** Milliseconds without a connection after which a live session ends by itself. */
  liveAbandoned: number;
  /** Seconds a live session lasts at most, from its first connection and in audio; then it ends by itself. */
  liveMaximum: number;
  /** Bytes that may wait for a live client that does not read; then its connection is cut. */
  liveUnread: number;
  /** What the bytes of acks are counted over. */
  liveBytes: "session" | "connection";
}

/** The settings of an engine that was told nothing. */
export const DEFAULTS: Settings = {
  unknownFields: "reject",
  languages: ["en"],
  maxUpload: 1_000_000_000,
  accountLimit: null,
  retryAfter: null,
  redirectFiles: false,
  deliveryDelays: [1_000, 5_000, 30_000, 120_000, 600_000],
  webhook: null,
  stringResults: false,
  liveLimit: null,
  liveIdle: 30_000,
  liveAbandoned: 120_000,
  liveMaximum: 10_800,
  liveUnread: 16_777_216,
  liveBytes: "session",
};
