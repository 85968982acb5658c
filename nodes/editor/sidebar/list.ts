import type { JobRecord } from "../../../src/jobs/history";
import { make, say } from "./dom";
import { Row } from "./row";

/** Height of a row in pixels, as the style sheet has it. */
const ROW = 46;
/** Rows kept beyond what is seen. */
const MORE = 4;

interface Actions {
  open(job: JobRecord): void;
  remove(job: JobRecord): void;
}

/** The list of jobs: however many there are, only the rows that are seen exist. */
export class JobList {
  readonly element = make("div", { class: "gladia-jobs", role: "listbox", tabindex: "0" });
  private readonly space = make("div", { class: "gladia-jobs-space", role: "presentation" });
  private readonly rows = new Map<string, Row>();
  private readonly actions: Actions;
  private jobs: JobRecord[] = [];
  private selected: string | undefined;
  private asked = false;

  constructor(actions: Actions) {
    this.actions = actions;
    const { element } = this;
    element.setAttribute("aria-label", say("list"));
    element.append(this.space);
    element.addEventListener("scroll", () => this.draw(), { passive: true });
    element.addEventListener("click", ({ target }) => {
      const key = (target as Element).closest<HTMLElement>(".gladia-job")?.dataset["key"];
      const job = this.jobs.find((candidate) => candidate.key === key);
      if (!job) return;
      this.selected = job.key;
      this.actions.open(job);
    });
    element.addEventListener("keydown", (event) => this.onKey(event));
    element.addEventListener("focus", () => this.select(Math.max(0, this.place()), false));
  }

  /** @param jobs newest first */
  show(jobs: JobRecord[]): void {
    this.jobs = jobs;
    this.draw();
  }

  /** Draws before the next frame, once however often it is asked. */
  draw(): void {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.drawNow();
    });
  }

  private drawNow(): void {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - MORE);
    const last = Math.min(this.jobs.length, Math.ceil((scrollTop + clientHeight) / ROW) + MORE);
    this.space.style.height = `${this.jobs.length * ROW}px`;
    const seen = new Set<string>();
    this.jobs.slice(first, last).forEach((job, i) => {
      const row = this.rows.get(job.key) ?? new Row(job.key);
      // In the order they are seen: screen readers go by it.
      const here = this.space.children[i] ?? null;
      if (here !== row.element) this.space.insertBefore(row.element, here);
      this.rows.set(job.key, row);
      seen.add(job.key);
      row.show(job, first + i, this.jobs.length, (first + i) * ROW, job.key === this.selected);
    });
    for (const [key, row] of this.rows) {
      if (seen.has(key)) continue;
      row.element.remove();
      this.rows.delete(key);
    }
    if (this.selected && seen.has(this.selected)) {
      this.element.setAttribute("aria-activedescendant", `gladia-job-${this.selected}`);
    } else this.element.removeAttribute("aria-activedescendant");
  }

  private place(): number {
    return this.jobs.findIndex(({ key }) => key === this.selected);
  }

  private select(place: number, scroll = true): void {
    const at = Math.min(Math.max(0, place), this.jobs.length - 1);
    this.selected = this.jobs[at]?.key;
    const { element } = this;
    if (scroll) {
      const top = at * ROW;
      if (top < element.scrollTop) element.scrollTop = top;
      else if (top + ROW > element.scrollTop + element.clientHeight)
        element.scrollTop = top + ROW - element.clientHeight;
    }
    this.draw();
  }

  private onKey(event: KeyboardEvent): void {
    const place = this.place();
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW) - 1);
    const moves: Record<string, number> = {
      ArrowDown: place + 1,
      ArrowUp: place - 1,
      PageDown: place + page,
      PageUp: place - page,
      Home: 0,
      End: this.jobs.length,
    };
    const to = moves[event.key];
    const job = this.jobs[place];
    if (to !== undefined) this.select(to);
    else if (job && (event.key === "Enter" || event.key === " ")) this.actions.open(job);
    else if (job && event.key === "Delete") this.actions.remove(job);
    else return;
    // The editor's own shortcuts would move or delete nodes.
    event.preventDefault();
    event.stopPropagation();
  }
}
