import { type Pace, sortBy } from "../../turns";
import type { Utterance } from "../../types";
import { MOST_WORDS } from "../divide";
import { type Atom, atomsOf, type Widths } from "./atoms";
import { needsSpace } from "./spaces";

/** Who speaks: Gladia's number, or what another engine calls them. */
export type Voice = number | string | undefined;

/** Speech of one voice, or of several at once. */
export interface Stretch {
  start: number;
  end: number;
  /** One list for each utterance that is heard. */
  streams: { who: Voice; atoms: Atom[] }[];
}

/** Utterances overlap when they do for longer than this; less is within what recognisers get wrong. Seconds. */
const OVERLAP = 0.25;
/** What is said this short a time before and after is shown in the same caption: an "mhm" alone would cut a line. Seconds. */
const AROUND = 0.75;
/** A pause of this many seconds ends a stretch, and so a caption. */
const PAUSE = 1;

interface Heard {
  who: Voice;
  start: number;
  end: number;
  atoms: Atom[];
}

/** A number or a name; anything else tells nobody from anybody. */
function nameable(value: unknown): Voice {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The voice of each utterance: its speaker or, where speakers are unknown, its channel if there are several. */
export async function voicesOf(utterances: readonly Utterance[], pace: Pace): Promise<(utterance: Utterance) => Voice> {
  const channels = new Set<Voice>();
  for (const { channel } of utterances) {
    channels.add(nameable(channel));
    if (pace.isDue()) await pace.turn();
  }
  return ({ speaker, channel }) => nameable(speaker) ?? (channels.size > 1 ? nameable(channel) : undefined);
}

/**
 * Speech in the order of time, cut where voices begin and cease to speak at once, and at pauses. Utterance by utterance, so
 * that what is done with is forgotten.
 */
export async function* stretchesOf(
  utterances: readonly Utterance[],
  widths: Widths,
  { together, pace }: { together: boolean; pace: Pace },
): AsyncGenerator<Stretch> {
  const voice = await voicesOf(utterances, pace);
  const joiner = new Joiner();
  for await (const group of overlappingOf(utterances, together, pace)) {
    const heard: Heard[] = [];
    for (const utterance of group) {
      const atoms = await atomsOf(utterance, widths, pace);
      const [first, last] = [atoms[0], atoms.at(-1)];
      if (first && last) heard.push({ who: voice(utterance), start: first.start, end: last.end, atoms });
    }
    const [only] = heard;
    if (heard.length === 1 && only) {
      yield* joiner.add({ start: only.start, end: only.end, streams: [only] });
    } else {
      for (const stretch of await partsOf(await sortBy(heard, startOf, pace), pace)) yield* joiner.add(stretch);
    }
    if (pace.isDue()) await pace.turn();
  }
  yield* joiner.end();
}

const startOf = ({ start }: { start: number }): number => start;

/** Utterances in the order of time, those that overlap with each other in one group. */
async function* overlappingOf(
  utterances: readonly Utterance[],
  together: boolean,
  pace: Pace,
): AsyncGenerator<Utterance[]> {
  let group: Utterance[] = [];
  let until = 0;
  for (const utterance of await sortBy(utterances, beginningOf, pace)) {
    if (group.length > 0 && (!together || beginningOf(utterance) >= until)) {
      yield group;
      group = [];
    }
    group.push(utterance);
    until = Math.max(until, utterance.end, utterance.words?.at(-1)?.end ?? 0);
    if (pace.isDue()) await pace.turn();
  }
  if (group.length > 0) yield group;
}

/** When an utterance begins: its words know best. */
const beginningOf = ({ words, start }: Utterance): number => Math.max(0, words?.[0]?.start ?? start);

/** What is heard alone and what at once, of utterances that overlap. */
async function partsOf(heard: readonly Heard[], pace: Pace): Promise<Stretch[]> {
  const zones = await zonesOf(heard, pace);
  const apart: Stretch[] = [];
  let from = 0;
  for (const { who, start, end, atoms } of heard) {
    while ((zones[from]?.end ?? Number.POSITIVE_INFINITY) <= start) from++;
    if ((zones[from]?.start ?? Number.POSITIVE_INFINITY) >= end) apart.push({ start, end, streams: [{ who, atoms }] });
    else await divide(atoms, who, zones, from, apart, pace);
    if (pace.isDue()) await pace.turn();
  }
  const all = zones.filter(({ streams }) => streams.length > 0).concat(apart);
  return sortBy(all, startOf, pace);
}

/** The times in which two or more voices are heard at once. Nobody speaks over themselves: such times are wrong. */
async function zonesOf(heard: readonly Heard[], pace: Pace): Promise<Stretch[]> {
  const zones: Stretch[] = [];
  const until = new Map<Voice, number>();
  for (const { who, start, end } of heard) {
    const last = zones.at(-1);
    let to = 0;
    for (const [other, time] of until) if (other !== who) to = Math.max(to, Math.min(time, end));
    if (to - start > OVERLAP) {
      if (last && start - AROUND <= last.end) last.end = Math.max(last.end, to + AROUND);
      else zones.push({ start: start - AROUND, end: to + AROUND, streams: [] });
    }
    until.set(who, Math.max(until.get(who) ?? 0, end));
    if (pace.isDue(1 + until.size / 10)) await pace.turn();
  }
  return zones;
}

/** Parts an utterance into what is heard alone and what falls into a zone. */
async function divide(
  atoms: Atom[],
  who: Voice,
  zones: Stretch[],
  from: number,
  apart: Stretch[],
  pace: Pace,
): Promise<void> {
  let zone = from;
  let current: { of: Stretch | undefined; atoms: Atom[] } | undefined;
  for (const atom of atoms) {
    const middle = (atom.start + atom.end) / 2;
    while ((zones[zone]?.end ?? Number.POSITIVE_INFINITY) < middle) zone++;
    const found = zones[zone];
    const of = found && found.start <= middle ? found : undefined;
    if (!current || current.of !== of) {
      current = { of, atoms: [] };
      const stream = { who, atoms: current.atoms };
      if (of) of.streams.push(stream);
      else apart.push({ start: atom.start, end: atom.end, streams: [stream] });
    }
    current.atoms.push(atom);
    const stretch = of ?? (apart.at(-1) as Stretch);
    if (!of) stretch.end = Math.max(stretch.end, atom.end);
    if (pace.isDue()) await pace.turn();
  }
}

/** Joins what one voice says without a pause, and parts it at pauses, and where it would be too much to be laid out in one go. */
class Joiner {
  #last: { stretch: Stretch; who: Voice; atoms: Atom[] } | undefined;

  *add(stretch: Stretch): Generator<Stretch> {
    const [stream] = stretch.streams;
    if (stretch.streams.length > 1 || !stream) {
      yield* this.end();
      yield stretch;
      return;
    }
    for (let i = 0; i < stream.atoms.length; i++) {
      const atom = stream.atoms[i] as Atom;
      const last = this.#last;
      const before = last?.atoms.at(-1);
      const goesOn = last && last.who === stream.who && last.atoms.length < MOST_WORDS;
      if (goesOn && before && atom.start - last.stretch.end <= PAUSE) {
        if (i === 0) {
          before.cut = Math.min(before.cut, 1);
          before.closes = 2;
          atom.space = needsSpace(before.text, atom.text);
        }
        if (atom.start < before.start) atom.start = before.start;
        last.atoms.push(atom);
        if (atom.end > last.stretch.end) last.stretch.end = atom.end;
      } else {
        yield* this.end();
        const { who } = stream;
        const atoms = [atom];
        this.#last = { stretch: { start: atom.start, end: atom.end, streams: [{ who, atoms }] }, who, atoms };
      }
    }
  }

  *end(): Generator<Stretch> {
    if (this.#last) yield this.#last.stretch;
    this.#last = undefined;
  }
}
