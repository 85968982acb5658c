import { GladiaError } from "../errors";
import type { Job } from "../types";
import type { Usage } from "./entry";

/** How much audio an account may have transcribed in a day, counted as Gladia bills it. */
export class Budget {
  readonly #minutes: number | undefined;
  readonly #keep: (usage: Usage) => Promise<void>;
  #usage: Usage;

  /**
   * @param minutes a day; undefined for no limit
   * @param usage what was used up by an earlier run
   * @param keep writes down what is used up
   */
  constructor(minutes: number | undefined, usage: Usage | undefined, keep: (usage: Usage) => Promise<void>) {
    this.#minutes = minutes;
    this.#usage = usage ?? { day: today(), seconds: 0 };
    this.#keep = keep;
  }

  /** Minutes a day; undefined for no limit. */
  get minutes(): number | undefined {
    return this.#minutes;
  }

  /** Seconds billed today. */
  get used(): number {
    return this.#usage.day === today() ? this.#usage.seconds : 0;
  }

  /** @throws GladiaError GLADIA_BUDGET when today's minutes are used up */
  check(): void {
    if (this.#minutes === undefined || this.used < this.#minutes * 60) return;
    const params = { budget: this.#minutes, used: Math.round(this.used / 6) / 10 };
    throw new GladiaError("GLADIA_BUDGET", "budget-spent", params, { retryable: true });
  }

  /** Counts a finished job. */
  async count(job: Job): Promise<void> {
    const billed = job.result?.metadata?.billing_time;
    if (typeof billed === "number") await this.add(billed);
  }

  /** Counts seconds that are billed. */
  async add(billed: number): Promise<void> {
    if (!(billed > 0)) return;
    this.#usage = { day: today(), seconds: this.used + billed };
    await this.#keep(this.#usage);
  }
}

/** The day as clocks on the wall have it. */
function today(): string {
  const now = new Date();
  const two = (n: number) => String(n).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
