import type { JobRecord, JobState } from "../../../src/jobs/history";
import { age, clock, icon, make, say } from "./dom";

const ICONS: Record<JobState, string> = {
  waiting: "hourglass-o",
  uploading: "cloud-upload",
  queued: "clock-o",
  processing: "circle-o-notch fa-spin",
  done: "check",
  error: "exclamation-triangle",
  cancelled: "ban",
};

/** A job's state as a mark with a word. */
export function stateMark({ state, kind }: JobRecord): HTMLElement {
  const isHearing = kind === "live" && state === "processing";
  const word = say(`state.${isHearing ? "live" : state}`);
  return make(
    "span",
    { class: `gladia-state gladia-state-${state}` },
    icon(isHearing ? "microphone" : ICONS[state]),
    ` ${word}`,
  );
}

/** What a job is called: its file, else its first words, else its id. */
export function titleOf({ filename, text, id, kind }: JobRecord): string {
  return filename || text || id || say(kind ? "live" : "untitled");
}

/** The node that works on a job, as the editor labels it. */
export function nodeName(id: string): string {
  const node = RED.nodes.node(id);
  return node ? RED.utils.getNodeLabel(node, id) : "";
}

/** Times of a job in one line: how much audio, how long it took, how long ago. */
export function timesOf({ part, duration, began, ended }: JobRecord): string {
  const took = ended === undefined ? undefined : Math.max(0, (ended - began) / 1000);
  return [
    part === undefined ? "" : say("part", { part: String(part) }),
    duration === undefined ? "" : say("audio", { time: clock(duration) }),
    took === undefined ? "" : say("took", { seconds: took < 10 ? took.toFixed(1) : String(Math.round(took)) }),
    age(began),
  ]
    .filter(Boolean)
    .join(" · ");
}

/** What was billed for a job; empty where that is not known. */
export function billedOf({ billed }: JobRecord): string {
  return billed === undefined ? "" : say("billed-job", { seconds: String(Math.round(billed * 10) / 10) });
}

/** One row of the list. Its element stays while its texts change, so that a click in between is not lost. */
export class Row {
  readonly element = make("div", { class: "gladia-job", role: "option" });
  private readonly title = make("span", { class: "gladia-job-title", dir: "auto" });
  private readonly state = make("span");
  private readonly node = make("span", { class: "gladia-job-node" });
  private readonly times = make("span", { class: "gladia-job-times" });
  private shown = "";
  private job: JobRecord | undefined;
  private second = 0;

  constructor(readonly key: string) {
    this.element.id = `gladia-job-${key}`;
    this.element.dataset["key"] = key;
    this.element.append(
      make("div", {}, this.title, this.state),
      make("div", { class: "gladia-job-more" }, this.node, this.times),
    );
  }

  show(job: JobRecord, place: number, total: number, top: number, selected: boolean): void {
    const { element } = this;
    element.style.transform = `translateY(${top}px)`;
    element.setAttribute("aria-posinset", String(place + 1));
    element.setAttribute("aria-setsize", String(total));
    element.setAttribute("aria-selected", String(selected));
    const second = Math.floor(Date.now() / 1000);
    if (job === this.job && second === this.second) return;
    this.job = job;
    this.second = second;
    // A failure's text needs the room.
    this.times.textContent = job.error ? age(job.began) : timesOf(job);
    const shown = JSON.stringify([job.state, titleOf(job), job.node, job.error]);
    if (shown === this.shown) return;
    this.shown = shown;
    this.title.textContent = titleOf(job);
    this.state.replaceChildren(stateMark(job));
    this.node.textContent = job.error || nodeName(job.node);
    element.title = job.error ?? job.text ?? "";
  }
}
