import type { Pace } from "../turns";
import type { Utterance } from "../types";
import { fieldsOf, isFields, usableUtterances } from "./usable";

/**
 * The utterances in one or more messages of live sessions, in the order of their speech, each session for itself; undefined where the value is
 * none of these. A partial counts until its final has come. @param language of a translation; empty for what was spoken
 */
export async function liveUtterances(value: unknown, language: string, pace: Pace): Promise<Utterance[] | undefined> {
  const messages = Array.isArray(value) ? value : [value];
  const sessions = new Map<unknown, Map<unknown, unknown>>();
  let isLive = false;
  for (const [i, message] of messages.entries()) {
    const { type, data, session_id } = fieldsOf(message);
    if (typeof type === "string" && TYPES.has(type)) {
      isLive = true;
      const found = sessions.get(session_id) ?? new Map<unknown, unknown>();
      sessions.set(session_id, found);
      const { id, is_final, utterance, utterance_id, target_language, translated_utterance } = fieldsOf(data);
      if (type === "transcript" && !language && isFields(utterance)) {
        const key = id ?? i;
        if (is_final !== false || !found.has(key)) found.set(key, utterance);
      } else if (type === "translation" && isFields(translated_utterance)) {
        if (language && String(target_language).toLowerCase() === language) {
          found.set(utterance_id ?? i, translated_utterance);
        }
      }
    }
    if (pace.isDue()) await pace.turn();
  }
  if (!isLive) return undefined;
  const all: Utterance[] = [];
  for (const found of sessions.values()) {
    const utterances = await usableUtterances([...found.values()], pace);
    // They come when they are over: of two that were said at the same time, the shorter one first.
    utterances.sort((a, b) => a.start - b.start);
    for (const utterance of utterances) all.push(utterance);
  }
  return all;
}

const TYPES = new Set(["transcript", "translation"]);
