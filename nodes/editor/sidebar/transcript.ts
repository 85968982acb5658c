import type { Utterance } from "../../../src/types";
import { clock, make, say } from "./dom";

/** Milliseconds of building before the browser gets its turn: an hour of speech has ten thousand words. */
const SLICE = 8;

interface Spoken {
  start: number;
  end: number;
}

/** A transcript to read, by speaker, in which each word knows its time. */
export class Transcript {
  readonly element = make("div", { class: "gladia-transcript", role: "group" });
  private readonly words: Spoken[] = [];
  private readonly play: (seconds: number) => void;
  private current: HTMLElement | undefined;
  private ended = false;

  /** @param play hears the audio from there */
  constructor(utterances: Utterance[], play: (seconds: number) => void) {
    this.play = play;
    const { element } = this;
    element.setAttribute("aria-label", say("transcript"));
    element.addEventListener("click", ({ target }) => this.choose((target as Element).closest("[data-word]"), true));
    element.addEventListener("keydown", (event) => this.onKey(event));
    this.build([...utterances].sort((a, b) => a.start - b.start));
  }

  destroy(): void {
    this.ended = true;
  }

  /** Marks the word that is heard. */
  follow(seconds: number): void {
    const place = this.words.findIndex(({ start, end }) => start <= seconds && seconds < end);
    this.element.querySelector(".gladia-heard")?.classList.remove("gladia-heard");
    if (place >= 0) this.word(place)?.classList.add("gladia-heard");
  }

  private build(utterances: Utterance[]): void {
    const channels = new Set(utterances.map(({ channel }) => channel)).size;
    let before: string | undefined;
    let next = 0;
    const go = () => {
      const until = performance.now() + SLICE;
      const built = document.createDocumentFragment();
      while (next < utterances.length && performance.now() < until) {
        const utterance = utterances[next++] as Utterance;
        const who = speakerOf(utterance, channels);
        built.append(this.paragraph(utterance, who === before ? "" : who));
        before = who;
      }
      this.element.append(built);
      this.word(0)?.setAttribute("tabindex", this.current ? "-1" : "0");
      if (next < utterances.length && !this.ended) setTimeout(go);
    };
    go();
  }

  private paragraph({ words, text, start, end }: Utterance, who: string): HTMLElement {
    const said = make("p", { class: "gladia-said" });
    if (who) said.append(make("b", {}, who), " ");
    said.append(make("time", {}, clock(start)), " ");
    const spoken = make("span", { dir: "auto" });
    // Words bring the spaces that stand between them: some languages have none.
    for (const word of words?.length ? words : [{ word: text, start, end }]) {
      const title = `${word.start.toFixed(2)} – ${word.end.toFixed(2)} s`;
      const place = String(this.words.push(word) - 1);
      const shown = make("span", { role: "button", tabindex: "-1", "data-word": place, title }, word.word.trim());
      spoken.append(/^\s/.test(word.word) ? " " : "", shown, /\s$/.test(word.word) ? " " : "");
    }
    said.append(spoken);
    return said;
  }

  private word(place: number): HTMLElement | null {
    return this.element.querySelector(`[data-word="${place}"]`);
  }

  private choose(word: HTMLElement | null, play: boolean): void {
    if (!word) return;
    this.current?.setAttribute("tabindex", "-1");
    this.current = word;
    word.setAttribute("tabindex", "0");
    word.focus();
    if (play) this.play(this.words[Number(word.dataset["word"])]?.start ?? 0);
  }

  private onKey(event: KeyboardEvent): void {
    const word = (event.target as Element).closest<HTMLElement>("[data-word]");
    if (!word) return;
    const place = Number(word.dataset["word"]);
    const forward = getComputedStyle(this.element).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const backward = forward === "ArrowRight" ? "ArrowLeft" : "ArrowRight";
    if (event.key === forward) this.choose(this.word(place + 1), false);
    else if (event.key === backward) this.choose(this.word(place - 1), false);
    else if (event.key === "Enter" || event.key === " ") this.choose(word, true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function speakerOf({ speaker, channel }: Utterance, channels: number): string {
  const who = speaker ?? (channels > 1 ? channel : undefined);
  if (who === undefined || who === null) return "";
  // A number counts from 0; another engine may give names.
  return typeof who === "number" ? say("speaker", { number: who + 1 }) : String(who);
}
