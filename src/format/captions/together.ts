import type { Pace } from "../../turns";
import { sortBy } from "../../turns";
import type { Atom } from "./atoms";
import type { Caption, Line } from "./index";
import type { CaptionLayout } from "./layout";
import { textOf } from "./lines";
import { needsSpace } from "./spaces";
import type { Stretch, Voice } from "./voices";

/** Before each line of a caption in which several people speak. */
const DASH = "- ";

interface Draft {
  start: number;
  end: number;
  lines: { who: Voice; atoms: Atom[]; width: number; cjk: boolean }[];
}

/** Captions of people who speak at once: a line for each, with the words that are said in the same time. */
export async function captionsTogether({ streams }: Stretch, layout: CaptionLayout, pace: Pace): Promise<Caption[]> {
  const voices = new Map<Voice, Atom[]>();
  for (const { who, atoms } of streams) {
    const said = voices.get(who) ?? [];
    voices.set(who, said);
    for (const atom of atoms) {
      const before = said.at(-1);
      if (before && atom === atoms[0]) atom.space = needsSpace(before.text, atom.text);
      if (before && atom.start < before.start) atom.start = before.start;
      said.push(atom);
      if (pace.isDue()) await pace.turn();
    }
  }
  const spoken = [...voices].flatMap(([who, atoms]) => atoms.map((atom) => ({ who, atom })));
  const captions: Caption[] = [];
  let draft: Draft | undefined;
  for (const { who, atom } of await sortBy(spoken, ({ atom }) => atom.start, pace)) {
    if (!draft || !add(draft, who, atom, layout)) {
      if (draft) captions.push(captionOf(draft));
      draft = { start: atom.start, end: atom.end, lines: [] };
      put(draft, who, atom);
    }
    if (pace.isDue()) await pace.turn();
  }
  if (draft) captions.push(captionOf(draft));
  return captions;
}

/** Adds an atom to the line of its voice; gives false where there is no room. */
function add(draft: Draft, who: Voice, atom: Atom, layout: CaptionLayout): boolean {
  if (Math.max(draft.end, atom.end) - draft.start > layout.maxSeconds) return false;
  const line = draft.lines.find((one) => one.who === who);
  if (!line && draft.lines.length >= layout.maxLines) return false;
  const room = (isCjk: boolean) => (isCjk ? layout.maxCharsCjk : layout.maxChars) - DASH.length;
  // A word that fills a line of its own leaves no room for the dash.
  if (draft.lines.some(({ width, cjk }) => width > room(cjk))) return false;
  if ((line?.width ?? 0) + (line && atom.space ? 1 : 0) + atom.width > room(atom.cjk || line?.cjk === true))
    return false;
  put(draft, who, atom);
  return true;
}

function put(draft: Draft, who: Voice, atom: Atom): void {
  draft.end = Math.max(draft.end, atom.end);
  const line = draft.lines.find((one) => one.who === who);
  if (line) {
    line.width += (atom.space ? 1 : 0) + atom.width;
    line.cjk ||= atom.cjk;
    line.atoms.push(atom);
  } else {
    draft.lines.push({ who, atoms: [atom], width: atom.width, cjk: atom.cjk });
  }
}

function captionOf({ start, end, lines }: Draft): Caption {
  const dash = lines.length > 1 ? DASH : "";
  const width = lines.reduce((sum, line) => sum + line.width, 0);
  return {
    start,
    end,
    width,
    lines: lines.map(({ who, atoms, cjk }) => ({ who, atoms, cjk, text: dash + textOf(atoms) })),
  };
}

/**
 * Puts a caption that could not stay for the shortest time together with the next one, of another voice, where both are
 * one line: "Yes." and "I do, too." are read at once.
 */
export async function mergeShort(captions: readonly Caption[], layout: CaptionLayout, pace: Pace): Promise<Caption[]> {
  const merged: Caption[] = [];
  for (const caption of captions) {
    const before = merged.at(-1);
    const both = before && together(before, caption, layout);
    if (both) merged[merged.length - 1] = both;
    else merged.push(caption);
    if (pace.isDue(10)) await pace.turn();
  }
  return merged;
}

function together(one: Caption, two: Caption, layout: CaptionLayout): Caption | undefined {
  const isShort = two.start - layout.gap - one.start < layout.minSeconds;
  const [first, second] = [one.lines[0], two.lines[0]];
  if (!isShort || layout.maxLines < 2 || one.lines.length > 1 || two.lines.length > 1 || !first || !second) return;
  const [start, end] = [one.start, Math.max(one.end, two.end)];
  if (end - start > layout.maxSeconds) return;
  const dash = first.who === second.who ? "" : DASH;
  const hasRoom = (caption: Caption, { cjk }: Line) =>
    caption.width + dash.length <= (cjk ? layout.maxCharsCjk : layout.maxChars);
  if (!hasRoom(one, first) || !hasRoom(two, second)) return;
  const lines = [first, second].map((line) => ({ ...line, text: dash + line.text }));
  return { start, end, width: one.width + two.width, lines };
}
