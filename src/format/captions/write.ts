import { Pace, TextParts } from "../../turns";
import type { Caption, Line } from "./index";
import type { Voice } from "./voices";

/** SubRip, as players read it: numbered, comma before the milliseconds. */
export async function toSrt(captions: readonly Caption[]): Promise<string> {
  return write(captions, "", (caption, i) => {
    const lines = caption.lines.map(({ text }) => text.replace(/-->/g, "→"));
    return `${i + 1}\n${times(caption, ",")}\n${lines.join("\n")}\n`;
  });
}

interface VttSettings {
  /** Gives the name of a voice, which becomes a voice tag; undefined where there is none. */
  nameOf?: (who: Voice) => string | undefined;
  /** Whether each word tells when it is said. */
  wordTimes?: boolean;
}

/** WebVTT (W3C): a header, a dot before the milliseconds, and nothing in the text that a player would take for a tag. */
export async function toVtt(captions: readonly Caption[], settings: VttSettings = {}): Promise<string> {
  return write(captions, "WEBVTT\n", (caption) => `${times(caption, ".")}\n${vttText(caption, settings)}\n`);
}

function vttText(caption: Caption, { nameOf, wordTimes }: VttSettings): string {
  let before = milliseconds(caption.start);
  const stamp = (seconds: number) => {
    const at = milliseconds(seconds);
    if (at <= before || at >= milliseconds(caption.end)) return ""; // players want them in order, within the caption
    before = at;
    return `<${clock(seconds, ".")}>`;
  };
  const { lines } = caption;
  const isShared = new Set(lines.map(({ who }) => who)).size > 1;
  const texts = lines.map(
    (line) => mark(line.text) + (wordTimes && line.atoms ? timedText(line, stamp) : escapeTags(line.text)),
  );
  const tag = ({ who }: Line) => {
    const name = nameOf?.(who)?.replace(/\s+/g, " ").trim();
    return name ? `<v ${escapeTags(name)}>` : "";
  };
  if (!isShared) return (lines[0] ? tag(lines[0]) : "") + texts.join("\n");
  return texts.map((text, i) => (tag(lines[i] as Line) ? `${tag(lines[i] as Line)}${text}</v>` : text)).join("\n");
}

function timedText({ text, atoms = [] }: Line, stamp: (seconds: number) => string): string {
  const dash = text.startsWith("- ") && atoms[0]?.text.startsWith("-") === false ? "- " : "";
  return (
    dash +
    atoms.map((atom, i) => `${i > 0 && atom.space ? " " : ""}${stamp(atom.start)}${escapeTags(atom.text)}`).join("")
  );
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
const BEGINS_LATIN = /^[^\p{L}]*\p{Script=Latin}/u;

/** A line of Arabic or Hebrew that begins with a Latin word would be set from the left. */
const mark = (text: string): string => (RIGHT_TO_LEFT.test(text) && BEGINS_LATIN.test(text) ? "&rlm;" : "");

function escapeTags(text: string): string {
  return /[&<>]/.test(text) ? text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;") : text;
}

/** A cue for each caption, an empty line between them. */
async function write(
  captions: readonly Caption[],
  head: string,
  cue: (caption: Caption, i: number) => string,
): Promise<string> {
  const pace = new Pace();
  const text = new TextParts();
  text.add(head);
  for (const [i, caption] of captions.entries()) {
    text.add(`${i > 0 || head ? "\n" : ""}${cue(caption, i)}`);
    if (pace.isDue(10)) await pace.turn(); // a cue has about ten words
  }
  return text.end();
}

const times = ({ start, end }: Caption, dot: string) => `${clock(start, dot)} --> ${clock(end, dot)}`;

const milliseconds = (seconds: number): number => Math.max(0, Math.round(seconds * 1000));

/** `00:01:02.345`, with a dot or comma as the format has it. */
export function clock(seconds: number, dot: string): string {
  const all = milliseconds(seconds);
  const minutes = Math.floor(all / 60_000);
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(Math.floor(all / 1000) % 60)}${dot}${String(all % 1000).padStart(3, "0")}`;
}

const two = (number: number): string => (number < 10 ? `0${number}` : String(number));
