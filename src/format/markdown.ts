import { Pace, TextParts } from "../turns";
import { clock } from "./captions/write";
import { nameOf, type Speakers, turnsOf } from "./dialogue";
import type { Transcript } from "./transcript";
import { fieldsOf, isFields } from "./usable";

/** The headings of minutes, which are in the language of whoever reads them. */
export interface Headings {
  transcript: string;
  summary: string;
  chapters: string;
  entities: string;
}

export const HEADINGS: Headings = {
  transcript: "Transcript",
  summary: "Summary",
  chapters: "Chapters",
  entities: "Names and terms",
};

/** A paragraph of one speaker is parted after so many seconds. */
const PARAGRAPH = 60;
const MOST_ENTITIES = 500;

/** Minutes: what the recording is called, its summary, chapters and names where the result has them, and who says what when. */
export async function toMarkdown(
  transcript: Transcript,
  speakers: Speakers,
  headings: Headings = HEADINGS,
): Promise<string> {
  const pace = new Pace();
  const { result, job, utterances, text } = transcript;
  const minutes = new TextParts();
  minutes.add(`# ${escapeMarkup(titleOf(job) ?? headings.transcript)}\n`);
  const { results: summary } = fieldsOf(result["summarization"]);
  if (typeof summary === "string" && summary.trim())
    minutes.add(`\n## ${headings.summary}\n\n${quiet(summary.trim())}\n`);
  const chapters = chaptersOf(result["chapterization"]);
  if (chapters.length > 0) minutes.add(`\n## ${headings.chapters}\n\n${chapters.join("\n")}\n`);
  const entities = entitiesOf(result["named_entity_recognition"]);
  if (entities.length > 0) minutes.add(`\n## ${headings.entities}\n\n${entities.join("\n")}\n`);
  minutes.add(`\n## ${headings.transcript}\n`);
  if (utterances.length === 0 && text.trim()) minutes.add(`\n${escapeMarkup(text.trim())}\n`);
  for (const { who, start, text } of await turnsOf(utterances, pace, PARAGRAPH)) {
    const name = nameOf(who, speakers);
    minutes.add(`\n${name ? `**${escapeMarkup(name)}** ` : ""}(${time(start)}) ${escapeMarkup(text)}\n`);
    if (pace.isDue(20)) await pace.turn();
  }
  return minutes.end();
}

function titleOf(job: Record<string, unknown>): string | undefined {
  const { filename } = fieldsOf(job["file"]);
  return typeof filename === "string" && filename.trim() ? filename.replace(/\s+/g, " ").trim() : undefined;
}

function chaptersOf(part: unknown): string[] {
  const { results } = fieldsOf(part);
  return (Array.isArray(results) ? results.filter(isFields) : []).flatMap(({ headline, gist, summary, start }) => {
    const [title, ...more] = [headline, gist, summary].flatMap((one) =>
      typeof one === "string" && one.trim() ? [one] : [],
    );
    if (title === undefined) return [];
    const at = typeof start === "number" && Number.isFinite(start) ? ` (${time(start)})` : "";
    const about = more.at(-1);
    return [`- **${escapeMarkup(line(title))}**${at}${about ? `: ${escapeMarkup(line(about))}` : ""}`];
  });
}

/** The names that were found, by their kind, each once. */
function entitiesOf(part: unknown): string[] {
  const { results, entity } = fieldsOf(part);
  const kinds = new Map<string, Set<string>>();
  const found = Array.isArray(results) ? results : Array.isArray(entity) ? entity : [];
  for (const one of found.slice(0, MOST_ENTITIES)) {
    const { entity_type: kind, text } = fieldsOf(one);
    if (typeof kind !== "string" || typeof text !== "string" || !text.trim()) continue;
    kinds.set(kind, (kinds.get(kind) ?? new Set()).add(line(text)));
  }
  return [...kinds].map(
    ([kind, texts]) => `- **${escapeMarkup(line(kind))}**: ${[...texts].map(escapeMarkup).join(", ")}`,
  );
}

const line = (text: string): string => text.replace(/\s+/g, " ").trim();

/** `0:05`, `1:02:03`. */
function time(seconds: number): string {
  return clock(seconds, ".")
    .slice(0, 8)
    .replace(/^00:0?/, "")
    .replace(/^0(?=\d:\d\d:)/, "");
}

/** What people said is no markup. */
const escapeMarkup = (text: string): string => text.replace(/[\\`*_{}[\]<>#|~&]/g, "\\$&");

/** A summary may have points of its own, but neither headings nor HTML. */
const quiet = (text: string): string => text.replace(/[<&]/g, "\\$&").replace(/^(\s*)#/gm, "$1\\#");
