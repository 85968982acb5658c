import { Pace } from "../../turns";
import { usableUtterances } from "../usable";
import type { Atom } from "./atoms";
import { type Caption, type Line, lineOf } from "./caption";
import { Cutter } from "./cut";
import { CAPTIONS, type CaptionLayout } from "./layout";
import { Row } from "./line-breaks";
import { setTimes } from "./timing";
import { captionsTogether, mergeShort } from "./together";
import { type Stretch, stretchesOf } from "./voices";

export type { Caption, Line } from "./caption";
export { CAPTIONS, type CaptionLayout, layoutOf } from "./layout";

/**
 * Captions of a transcript, in the order in which they are spoken: one after the other, each with as many lines, characters
 * and seconds as the layout allows. People who speak at once share a caption. Takes time that grows with the words, and
 * the event loop turns meanwhile.
 * @param keepTimes whether lines keep the times of their words
 */
export async function makeCaptions(
  utterances: readonly unknown[],
  layout: CaptionLayout = CAPTIONS,
  keepTimes = false,
): Promise<Caption[]> {
  const pace = new Pace();
  const widths = { most: layout.maxChars, cjk: layout.maxCharsCjk };
  const usable = await usableUtterances(utterances, pace);
  const drafts: Caption[] = [];
  const setter = new Setter(layout, pace, keepTimes);
  const lay = async (stretch: Stretch, until: number) => {
    if (stretch.streams.length === 1) await setter.set(stretch, until, drafts);
    else for (const caption of await captionsTogether(stretch, layout, pace, keepTimes)) drafts.push(caption);
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

/** Lays out what one voice says without a pause. */
class Setter {
  readonly #row: Row;
  readonly #cutter: Cutter;
  readonly #keepTimes: boolean;

  constructor(layout: CaptionLayout, pace: Pace, keepTimes: boolean) {
    this.#row = new Row({ most: layout.maxChars, cjk: layout.maxCharsCjk });
    this.#cutter = new Cutter(layout, pace);
    this.#keepTimes = keepTimes;
  }

  async set({ streams }: Stretch, until: number, captions: Caption[]): Promise<void> {
    const [{ who, atoms }] = streams as [Stretch["streams"][number]];
    const row = this.#row;
    row.set(atoms);
    let from = 0;
    for (const to of await this.#cutter.cut(row, until)) {
      const lines: Line[] = [];
      let [begin, width] = [from, 0];
      for (const end of row.breaks(from, to)) {
        lines.push(lineOf(who, atoms, { from: begin, to: end, keepTimes: this.#keepTimes }));
        width += row.width(begin, end);
        begin = end;
      }
      captions.push({ start: (atoms[from] as Atom).start, end: (atoms[to - 1] as Atom).end, width, lines });
      from = to;
    }
  }
}
