import type { Issue } from "../../../src/options/validate";
import { findSchema } from "./model";

/** Faults between several fields, and the field that tells of them. */
const TOLD_AT: Partial<Record<Issue["key"], string>> = {
  "option-speakers-range": "diarization_config.max_speakers",
  "option-speakers-count": "diarization_config.number_of_speakers",
  "option-durations": "subtitles_config.maximum_duration",
  "option-one-language": "language_config.languages",
};

/** Which option a fault is about, and what within it: `["custom_vocabulary_config.vocabulary", "[3].intensity"]`. */
export function place({ key, params }: Issue): [string, string] {
  const option = String(params["option"] ?? TOLD_AT[key] ?? "");
  let known = "";
  for (const [part] of option.matchAll(/\.?\w+/g)) {
    if (known !== "" && (!option.startsWith(known + part) || !findSchema(known + part))) break;
    known += part;
  }
  return [known, option.slice(known.length)];
}

/** The faults that one field tells. */
export function faultsAt(path: string, faults: readonly Issue[]): Issue[] {
  return faults.filter((fault) => place(fault)[0] === path);
}
