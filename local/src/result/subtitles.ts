import type { Word } from "../recogniser/types";
import { endsSentence } from "./sentences";
import type { SpokenUtterance } from "./shapes";
import { rounded, yieldToLoop } from "./timed";

/** `subtitles_config` of a request; durations in seconds. */
export interface SubtitlesConfig {
  formats?: string[];
  minimum_duration?: number;
  maximum_duration?: number;
  maximum_characters_per_row?: number;
  maximum_rows_per_caption?: number;
  style?: string;
}

/** A subtitle file as the API gives it. */
interface Subtitles {
  format: string;
  subtitles: string;
}

interface Caption {
  rows: string[];
  start: number;
  end: number;
}

/** What holds where the request says nothing; `compliance` follows the usual rules of broadcasters. */
const STYLES = {
  default: { minimum: 0, maximum: 7, gap: 0 },
  compliance: { minimum: 5 / 6, maximum: 7, gap: 2 / 25 },
};

/** Adds a word to rows of at most `width` characters; a longer word has a row of its own. */
function place(rows: string[], word: string, width: number): void {
  const last = rows.at(-1);
  const text = word.trim();
  if (last !== undefined && last.length + 1 + text.length <= width) rows[rows.length - 1] = `${last} ${text}`;
  else rows.push(text);
}

/** Cuts one utterance's words into captions that keep to the limits. */
function captionsOf(words: Word[], width: number, height: number, maximum: number): Caption[] {
  const captions: Caption[] = [];
  let open: Caption | undefined;
  for (const { word, start, end } of words) {
    const full = open?.rows.length === height && (open.rows.at(-1) as string).length + word.trim().length >= width;
    if (open === undefined || full || end - open.start > maximum) {
      open = { rows: [], start, end };
      captions.push(open);
    }
    place(open.rows, word, width);
    open.end = Math.min(end, open.start + maximum);
    // A sentence's end is a good place to cut once there is something to read.
    if (open.rows.length === height && endsSentence(word)) open = undefined;
  }
  return captions;
}

/** `01:02:03,450` of seconds. */
function clock(seconds: number, point: string): string {
  const ms = Math.round(seconds * 1000);
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  const rest = String(ms % 1000).padStart(3, "0");
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}${point}${rest}`;
}

function srt(captions: Caption[]): string {
  return captions
    .map(
      ({ rows, start, end }, index) =>
        `${index + 1}\n${clock(start, ",")} --> ${clock(end, ",")}\n${rows.join("\n")}\n`,
    )
    .join("\n");
}

function vtt(captions: Caption[]): string {
  const escaped = (row: string) => row.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const cues = captions.map(
    ({ rows, start, end }) => `${clock(start, ".")} --> ${clock(end, ".")}\n${rows.map(escaped).join("\n")}\n`,
  );
  return ["WEBVTT\n", ...cues].join("\n");
}

/**
 * Makes the subtitle files a job asks for from its words.
 * @param utterances in the order of their start
 * @param config `subtitles_config`; by default SRT, two rows of 42 characters, at most 7 s
 * @param breathe lets other work go on; called between utterances
 */
export async function subtitlesOf(
  utterances: SpokenUtterance[],
  config: SubtitlesConfig = {},
  breathe: () => Promise<void> = yieldToLoop(),
): Promise<Subtitles[]> {
  const style = config.style === "compliance" ? STYLES.compliance : STYLES.default;
  const minimum = config.minimum_duration ?? style.minimum;
  const maximum = Math.max(config.maximum_duration ?? style.maximum, minimum);
  const width = config.maximum_characters_per_row ?? 42;
  const height = config.maximum_rows_per_caption ?? 2;
  const captions: Caption[] = [];
  for (const { words } of utterances) {
    captions.push(...captionsOf(words, width, height, maximum));
    await breathe();
  }
  captions.sort((a, b) => a.start - b.start);
  for (const [index, caption] of captions.entries()) {
    const next = captions[index + 1]?.start ?? Number.POSITIVE_INFINITY;
    // Voices may overlap: only a caption that does not run into the next one anyway is kept clear of it.
    const latest = next > caption.end ? next - style.gap : Number.POSITIVE_INFINITY;
    const wished = Math.max(caption.end, caption.start + minimum);
    caption.end = rounded(Math.max(Math.min(wished, latest), caption.start + 0.001));
  }
  return (config.formats ?? ["srt"]).map((format) => ({
    format,
    subtitles: format === "vtt" ? vtt(captions) : srt(captions),
  }));
}
