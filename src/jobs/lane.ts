import type { Watched } from "./watched";

/** Runs a task for one job after the other, a few at once; each job is in it once at most (`asking`). */
export class Lane {
  /** Tasks under way. */
  running = 0;
  readonly #atOnce: number;
  readonly #task: (job: Watched) => Promise<void>;
  readonly #waiting: Watched[] = [];

  constructor(atOnce: number, task: (job: Watched) => Promise<void>) {
    this.#atOnce = atOnce;
    this.#task = task;
  }

  /** @param first before the jobs that wait already */
  add(job: Watched, first = false): void {
    job.asking = true;
    if (first) this.#waiting.unshift(job);
    else this.#waiting.push(job);
    this.#run();
  }

  /** Gives back the jobs that wait; what is under way goes on. */
  clear(): void {
    for (const job of this.#waiting.splice(0)) job.asking = false;
  }

  #run(): void {
    while (this.running < this.#atOnce) {
      const job = this.#waiting.shift();
      if (!job) return;
      this.running++;
      void this.#task(job).finally(() => {
        this.running--;
        job.asking = false;
        this.#run();
      });
    }
  }
}
