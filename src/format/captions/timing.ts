import type { Pace } from "../../turns";
import type { CaptionLayout } from "./layout";

/** A caption comes this much later than its speech at most, so that the one before it stays long enough; milliseconds. */
const LATE = 1000;
/** No caption is shorter than this, however much is said at once; milliseconds. */
const SHORTEST = 200;
/** A gap that is shorter than this is closed: the eye would take it for a flicker; milliseconds. */
const FLICKER = 500;

interface Timed {
  start: number;
  end: number;
  /** Characters to be read. */
  width: number;
}

/**
 * Puts captions on the clock, in whole milliseconds given as seconds: in order, none without length, a gap between any
 * two, each as long as it takes to read where there is time. They come with the times of their speech.
 */
export async function setTimes(captions: Timed[], layout: CaptionLayout, pace: Pace): Promise<void> {
  const [gap, min, max] = [layout.gap, layout.minSeconds, layout.maxSeconds].map(milliseconds) as [
    number,
    number,
    number,
  ];
  let free = 0;
  for (let i = 0; i < captions.length; i++) {
    const caption = captions[i] as Timed;
    const start = Math.max(milliseconds(caption.start), free);
    const spoken = Math.max(milliseconds(caption.end), start);
    const read = Math.ceil((caption.width / layout.charsPerSecond) * 1000);
    const wished = Math.min(Math.max(spoken, start + min, start + read, start + SHORTEST), start + max);
    const next = captions[i + 1];
    const limit = next ? milliseconds(next.start) - gap : Number.POSITIVE_INFINITY;
    let end = wished;
    if (wished > limit) {
      const needed = Math.max(SHORTEST, Math.min(min, limit + LATE - start));
      end = Math.min(wished, Math.max(limit, start + needed));
    } else if (limit - wished < FLICKER) {
      end = Math.min(limit, start + max);
    }
    caption.start = start / 1000;
    caption.end = end / 1000;
    free = end + gap;
    if (pace.isDue()) await pace.turn();
  }
}

const milliseconds = (seconds: number): number => Math.max(0, Math.round(seconds * 1000));
