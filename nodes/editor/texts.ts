const SHARED = "@speechflows/node-red-gladia/gladia-config:gladia-config.";

/** A text that several dialogs share: it stands in the account's catalogue. */
export function text(key: string, values?: Record<string, unknown>): string {
  return RED._(SHARED + key, values);
}
