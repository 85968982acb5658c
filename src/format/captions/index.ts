import { Pace } from "../../turns";
import { usableUtterances } from "../usable";
import type { Atom } from "./atoms";
import { cut } from "./cut";
import { CAPTIONS, type CaptionLayout } from "./layout";
import { Row, textOf } from "./lines";
import { setTimes } from "./timing";
import { captionsTogether, mergeShort } from "./together";
import { type Stretch, stretchesOf, type Voice } from "./voices";

export { CAPTIONS, type CaptionLayout, layoutOf } from "./layout";

/** A line of a caption, what is in it, and who says it. */
export interface Line {
  text: string;
  who: Voice;
  /** Whether it holds Chinese characters, kana or hangul. */
  cjk: boolean;
  /** Its words with their times, where they were asked for. */
  atoms?: readonly Atom[];
}

/** What stands on the screen at a time; seconds. */
export interface Caption {
  start: number;
  end: number;
  /** Characters that are read. */
  width: number;
  lines: Line[];
}

/**
 * Captions of a transcript, in the order in which they are spoken: one after the other, each with as many lines, characters
 * and seconds as the layout allows. People who speak at once share a caption. Takes time that grows with the words, and
 * the event loop turns meanwhile.
 * @param keepWords whether lines keep their words with the times of these
 */
export async function makeCaptions(
  utterances: readonly unknown[],
  layout: CaptionLayout = CAPTIONS,
  keepWords = false,
): Promise<Caption[]> {
  const pace = new Pace();
  const widths = { most: layout.maxChars, cjk: layout.maxCharsCjk };
  const usable = await usableUtterances(utterances, pace);
  const drafts: Caption[] = [];
  const lay = async (stretch: Stretch, until: number) => {
    const isAlone = stretch.streams.length === 1;
    const made = isAlone ? await ofOne(stretch, layout, until, pace) : await captionsTogether(stretch, layout, pace);
    for (const caption of made) {
      if (!keepWords) for (const line of caption.lines) delete line.atoms;
      drafts.push(caption);
    }
    if (pace.isDue()) await pace.turn();
  };
  let last: Stretch | undefined;
  for await (const stretch of stretchesOf(usable, widths, { together: layout.maxLines > 1, pace })) {
    if (last) await lay(last, stretch.start);
    last = stretch;
  }
  if (last) await lay(last, Number.POSITIVE_INFINITY);
  const captions = await mergeShort(drafts, layout, pace);
  await setTimes(captions, layout, pace);
  return captions;
}

/** What one voice says without a pause. */
async function ofOne({ streams }: Stretch, layout: CaptionLayout, until: number, pace: Pace): Promise<Caption[]> {
  const [{ who, atoms }] = streams as [Stretch["streams"][number]];
  const row = new Row(atoms, { most: layout.maxChars, cjk: layout.maxCharsCjk });
  const captions: Caption[] = [];
  let from = 0;
  for (const to of await cut(row, layout, until, pace)) {
    const lines: Line[] = [];
    let [begin, width] = [from, 0];
    for (const end of row.breaks(from, to)) {
      const inLine = atoms.slice(begin, end);
      lines.push({ who, atoms: inLine, text: textOf(inLine), cjk: row.hasCjk(begin, end) });
      width += row.width(begin, end);
      begin = end;
    }
    captions.push({ start: (atoms[from] as Atom).start, end: (atoms[to - 1] as Atom).end, width, lines });
    from = to;
  }
  return captions;
}
