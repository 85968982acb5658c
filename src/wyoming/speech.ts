import { GladiaError } from "../errors";
import type { Heard, Speech } from "./connection";

/** A speech, and when nothing of it goes on any more. */
export interface RunningSpeech extends Speech {
  /** Resolves whatever happens; never rejects. */
  readonly over: Promise<void>;
}

/**
 * Gives what a speech comes to, unless that takes too long.
 * @param reason why it does, where that is known
 * @throws GladiaError the reason, else GLADIA_TIMEOUT; what `heard` rejects with
 */
export async function inTime(
  heard: Promise<Heard>,
  seconds: number,
  cancel: () => void,
  reason: () => GladiaError | undefined = () => undefined,
): Promise<Heard> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(reason() ?? new GladiaError("GLADIA_TIMEOUT", "wyoming-late", { seconds }, { retryable: true }));
      cancel();
    }, seconds * 1000);
  });
  try {
    return await Promise.race([heard, late]);
  } finally {
    clearTimeout(timer);
  }
}

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}、。！？]$/u;

/** Finals as one text: with a space between, but where the script has none. */
export function joined(finals: readonly string[]): string {
  let text = "";
  for (const final of finals.map((part) => part.trim())) {
    if (final === "") continue;
    text += text === "" || UNSPACED.test(text) ? final : ` ${final}`;
  }
  return text;
}
