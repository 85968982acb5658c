import { AT_ONCE, firstWait, LIST_LEAST, listWait, nextWait, type Watched } from "./watched";

/** From this many jobs on, one list of what is pending replaces a request for each job. */
const LIST_FROM = 4;
/** Milliseconds until the next list where no job wants one. */
const LIST_NEVER = 25_000;

/**
 * The jobs that a poller asks for, and what can be told of them without a look at each: with a thousand of them, looking
 * is a good part of what waiting costs.
 */
export class Watchlist {
  readonly #jobs = new Map<string, Watched>();
  /** Jobs in the adaptive rhythm: lists tell of these. */
  #adaptive = 0;
  /** No job is due before this. */
  #soonest = AT_ONCE;
  /** Whether lists were read when the jobs were looked at for the last time. */
  #lists = false;
  /** Number of the last list. */
  #list = 0;

  get size(): number {
    return this.#jobs.size;
  }

  /** Jobs in the adaptive rhythm. */
  get adaptive(): number {
    return this.#adaptive;
  }

  /** Whether so many follow the adaptive rhythm that a list is worth it. */
  get areMany(): boolean {
    return this.#adaptive >= LIST_FROM;
  }

  get(id: string): Watched | undefined {
    return this.#jobs.get(id);
  }

  values(): IterableIterator<Watched> {
    return this.#jobs.values();
  }

  add(job: Watched): void {
    job.firstList = this.#list + 1;
    if (job.interval === undefined) this.#adaptive++;
    this.#jobs.set(job.id, job);
    this.plan(job);
  }

  remove(id: string): void {
    const job = this.#jobs.get(id);
    if (!job) return;
    if (job.interval === undefined) this.#adaptive--;
    this.#jobs.delete(id);
  }

  clear(): void {
    this.#jobs.clear();
    this.#adaptive = 0;
  }

  /** Gives a job a rhythm of its own: `interval` milliseconds. */
  fix(job: Watched, interval: number): void {
    if (job.interval === undefined) this.#adaptive--;
    job.interval = interval;
    job.due = Math.min(job.due, performance.now() + firstWait(job));
    this.plan(job);
  }

  /** To be called when `due` of a job was changed, or when it is no longer asked for. */
  plan({ due }: { due: number }): void {
    if (due < this.#soonest) this.#soonest = due;
  }

  /** A list begins: it has to show all jobs of the adaptive rhythm that are pending. */
  beginList(): void {
    this.#list++;
  }

  /** Whether the last list that began has to show the job. */
  isAsked(job: Watched): boolean {
    return job.interval === undefined && job.firstList <= this.#list;
  }

  /** Whether that list has shown it. */
  isShown(job: Watched): boolean {
    return job.lastList === this.#list;
  }

  /** The list shows a job as pending. @returns whether it was asked for that and had not done so */
  show(job: Watched, status: string): boolean {
    if (!this.isAsked(job) || this.isShown(job)) return false;
    job.lastList = this.#list;
    job.shown = status;
    return true;
  }

  /**
   * The jobs to ask for now, those that are due for the longest time first, and when the next one is due.
   * @param lists whether lists are read; they tell of jobs that they have not shown yet
   */
  findDue(now: number, lists: boolean): { due: Watched[]; next: number } {
    const due: Watched[] = [];
    if (lists && this.#lists && now < this.#soonest) return { due, next: this.#soonest };
    let next = Number.POSITIVE_INFINITY;
    for (const job of this.#jobs.values()) {
      if (job.asking) continue;
      if (job.interval === undefined && lists && job.seen === "not yet" && job.due > AT_ONCE) continue;
      if (!lists && job.seen !== "not yet") {
        if (job.seen === "listed") job.due = Math.min(job.due, now + Math.random() * nextWait(job, now));
        job.seen = "not yet";
      }
      if (job.due <= now) due.push(job);
      else if (job.due < next) next = job.due;
    }
    this.#soonest = next;
    this.#lists = lists;
    return { due: due.sort((a, b) => a.due - b.due), next };
  }

  /** A job that the last list had to show, and that no request is under way for. */
  anyAsked(): Watched | undefined {
    for (const job of this.#jobs.values()) if (this.isAsked(job) && !job.asking) return job;
    return undefined;
  }

  /** The job that lists have been believed of for the longest time. */
  longestBelieved(): Watched | undefined {
    let longest: Watched | undefined;
    for (const job of this.#jobs.values()) {
      if (job.seen === "listed" && !job.asking && !(longest && longest.due <= job.due)) longest = job;
    }
    return longest;
  }

  /** Milliseconds between two lists: the job that may be done first decides. */
  listWait(): number {
    const now = performance.now();
    let least = LIST_NEVER;
    for (const job of this.#jobs.values()) {
      if (job.interval === undefined) least = Math.min(least, listWait(job, now));
      if (least <= LIST_LEAST) break;
    }
    return least;
  }
}
