import { contains } from "./contains";
import type { StoredFile } from "./jobs/files";
import type { JobOptions } from "./options/validate";
import type { Utterance } from "./recogniser/types";
import type { Forced } from "./result/build";

/** The audio of a job, as a script sees it. `path` is where its bytes lie. */
export interface ScriptedAudio extends StoredFile {
  path: string;
  job: { id: string; options: JobOptions };
}

/** One thing said: a text, or a text with its place. Times in seconds. */
export type Line = string | { text: string; channel?: number; start?: number; end?: number };

/** How jobs are to go in a test. What is left out goes as it otherwise would. */
export interface Script extends Forced {
  /** which jobs: all fields must fit (`sha256` by its beginning), or what the function says; without it, all */
  match?:
    | { filename?: string; sha256?: string; audio_url?: string; custom_metadata?: Record<string, unknown> }
    | ((audio: ScriptedAudio) => boolean);
  /** how many jobs go so; always */
  times?: number;
  /** ms a job stays `queued` */
  queued?: number;
  /** ms a job stays `processing`; a live session, after its socket has been closed */
  processing?: number;
  /** ends the job with this `error_code` (400 to 599); the message is seen in callbacks only */
  error?: { code: number; message?: string };
  /** what is said; each line is one utterance. Live, in the order of what is heard, and no function. Only the scripted recogniser heeds it */
  text?: Line | Line[] | ((audio: ScriptedAudio) => Line | Line[] | Promise<Line | Line[]>);
  /** what is recognised, word by word, instead of `text`. Only the scripted recogniser heeds it */
  utterances?: Utterance[];
  /** told to the user in `post_session_metadata.warnings`. Only the scripted recogniser heeds it */
  warnings?: string[];
}

/** The scripts of an engine; the one given last goes first. */
export class Scripts {
  private held: { script: Script; left: number }[] = [];

  add(script: Script): void {
    this.held.unshift({ script, left: script.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.held = [];
  }

  /** How this job is to go; each call counts as one job. */
  take(audio: ScriptedAudio): Script {
    const found = this.held.find(({ script }) => fits(script, audio));
    if (found === undefined) return {};
    found.left -= 1;
    if (found.left <= 0) this.held.splice(this.held.indexOf(found), 1);
    return found.script;
  }
}

function fits({ match }: Script, audio: ScriptedAudio): boolean {
  if (match === undefined) return true;
  if (typeof match === "function") return match(audio);
  const { options } = audio.job;
  return (
    (match.filename === undefined || match.filename === audio.filename) &&
    (match.sha256 === undefined || audio.sha256.startsWith(match.sha256)) &&
    (match.audio_url === undefined || match.audio_url === options.audio_url) &&
    (match.custom_metadata === undefined || contains(options.custom_metadata, match.custom_metadata))
  );
}
