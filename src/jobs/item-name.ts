import { spokenName } from "../audio/names";
import { isObject } from "../options/merge";
import type { WorkItem } from "./entry";

/** What people call the audio: its file name as the message has it, as it was uploaded, or from its path or address. */
export function nameOf({ audio, message, filename }: WorkItem): string | undefined {
  if (filename) return filename;
  const told = message?.["filename"];
  if (typeof told === "string" && told) return spokenName(told);
  const fields = message?.["gladia"];
  const { audio_url, audio_metadata } = isObject(fields) ? fields : {};
  const uploaded = isObject(audio_metadata) ? audio_metadata["filename"] : undefined;
  if (typeof uploaded === "string" && uploaded && (audio === undefined || audio === audio_url)) {
    return spokenName(uploaded);
  }
  return audio === undefined ? undefined : spokenName(audio);
}
