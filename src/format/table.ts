import { Pace, TextParts } from "../turns";
import type { Utterance } from "../types";
import { voicesOf } from "./captions/voices";
import { nameOf, type Speakers } from "./dialogue";

const COLUMNS = ["start", "end", "speaker", "channel", "language", "confidence", "text"];

/** A row for each utterance, with a head; seconds with a dot. CSV is quoted where it has to be (RFC 4180). */
export async function toCsv(utterances: readonly Utterance[], speakers: Speakers): Promise<string> {
  const quoted = (cell: string) => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell);
  return write(utterances, speakers, ",", "\r\n", quoted);
}

/** As `toCsv`, with tabs: a cell holds neither tab nor line break, since the format cannot quote. */
export async function toTsv(utterances: readonly Utterance[], speakers: Speakers): Promise<string> {
  return write(utterances, speakers, "\t", "\n", (cell) => cell.replace(/[\t\r\n\u2028\u2029]+/g, " "));
}

async function write(
  utterances: readonly Utterance[],
  speakers: Speakers,
  between: string,
  end: string,
  safe: (cell: string) => string,
): Promise<string> {
  const pace = new Pace();
  const voice = await voicesOf(utterances, pace);
  const table = new TextParts();
  table.add(COLUMNS.join(between) + end);
  for (const utterance of utterances) {
    const { start, end: finish, channel, language, confidence, text } = utterance;
    const who = nameOf(voice(utterance), speakers);
    const row = [seconds(start), seconds(finish), who, channel, language, confidence, text.trim()];
    table.add(row.map((cell) => safe(String(cell ?? ""))).join(between) + end);
    if (pace.isDue(10)) await pace.turn();
  }
  return table.end();
}

const seconds = (value: number): string => value.toFixed(3);
