import { Pace, sortBy, TextParts } from "../turns";
import type { Utterance } from "../types";
import { needsSpace } from "./captions/spaces";
import { type Voice, voicesOf } from "./captions/voices";

/** Names of speakers, by the API's number (the first one is 0) or by whatever else tells them apart. */
export type Speakers = Readonly<Record<string, string>>;

/** What a speaker is called; those without a name count from 1, as people do. Undefined where nobody is known. */
export function nameOf(who: Voice, speakers: Speakers): string | undefined {
  const given = Object.hasOwn(speakers, String(who ?? 0)) ? speakers[String(who ?? 0)] : undefined;
  const name = typeof given === "string" ? given.replace(/\s+/g, " ").trim() : "";
  if (name) return name;
  return typeof who === "number" ? `Speaker ${who + 1}` : who;
}

/** What somebody says until somebody else speaks. */
export interface Turn {
  who: Voice;
  /** Seconds. */
  start: number;
  end: number;
  text: string;
}

/**
 * The turns of a talk, in the order of time; utterances without text are left out.
 * @param longest seconds after which a turn is parted at the end of an utterance
 */
export async function turnsOf(utterances: readonly Utterance[], pace: Pace, longest = Infinity): Promise<Turn[]> {
  const voice = await voicesOf(utterances, pace);
  const turns: Turn[] = [];
  let parts = new TextParts();
  let before = "";
  for (const utterance of await sortBy(utterances, ({ start }) => start, pace)) {
    const text = utterance.text.replace(/\s+/g, " ").trim();
    if (pace.isDue(10)) await pace.turn();
    if (!text) continue;
    const who = voice(utterance);
    const { start, end } = utterance;
    const last = turns.at(-1);
    if (last && last.who === who && start - last.start < longest) {
      parts.add(needsSpace(before, text) ? ` ${text}` : text);
      last.end = Math.max(last.end, end);
    } else {
      if (last) last.text = parts.end();
      parts = new TextParts();
      parts.add(text);
      turns.push({ who, start, end, text: "" });
    }
    before = text;
  }
  const last = turns.at(-1);
  if (last) last.text = parts.end();
  return turns;
}

/** A line for each change of speaker, such as `Anna: Good morning.`; where nobody is known, all are speaker 1. */
export async function toDialogue(utterances: readonly Utterance[], speakers: Speakers = {}): Promise<string> {
  const pace = new Pace();
  const dialogue = new TextParts();
  for (const [i, { who, text }] of (await turnsOf(utterances, pace)).entries()) {
    dialogue.add(`${i > 0 ? "\n" : ""}${nameOf(who ?? 0, speakers)}: ${text}`);
    if (pace.isDue(10)) await pace.turn();
  }
  return dialogue.end();
}
