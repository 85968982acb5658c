import { GladiaError } from "../errors";
import type { Job } from "../types";
import type { Usage } from "./work-item";

/** How many minutes of audio an account may have transcribed, and how long one clip may be. */
export interface Limits {
  /** A day or a month; undefined for no limit. */
  minutes: number | undefined;
  per: "day" | "month";
  /** Minutes of one clip; undefined for no limit. */
  longest: number | undefined;
}

/** What an account has used up, in seconds as Gladia bills them, and what it may use. */
export interface Billed {
  /** Today. */
  used: number;
  /** This month. */
  month: number;
  minutes: number | undefined;
  per: Limits["per"];
}

/** How much audio an account may have transcribed in a day or a month, counted as Gladia bills it. */
export class Budget {
  readonly #limits: Limits;
  readonly #keep: (usage: Usage) => Promise<void>;
  #usage: Usage;

  /**
   * @param usage what was used up by an earlier run
   * @param keep writes down what is used up
   */
  constructor(limits: Limits, usage: Usage | undefined, keep: (usage: Usage) => Promise<void>) {
    this.#limits = limits;
    this.#usage = usage ?? { day: today(), seconds: 0 };
    this.#keep = keep;
  }

  get billed(): Billed {
    const { day, seconds, month = seconds } = this.#usage;
    const now = today();
    const { minutes, per } = this.#limits;
    const isThisMonth = day.slice(0, 7) === now.slice(0, 7);
    return { used: day === now ? seconds : 0, month: isThisMonth ? month : 0, minutes, per };
  }

  /** @throws GladiaError GLADIA_BUDGET when the minutes of today, or of this month, are used up */
  check(): void {
    const { used: day, month, minutes, per } = this.billed;
    const seconds = per === "day" ? day : month;
    if (minutes === undefined || seconds < minutes * 60) return;
    const params = { budget: minutes, used: Math.round(seconds / 6) / 10 };
    const text = per === "day" ? "budget-spent" : "budget-spent-month";
    throw new GladiaError("GLADIA_BUDGET", text, params, { retryable: true });
  }

  /** @param duration seconds of a clip, where known @throws GladiaError GLADIA_BUDGET when it is longer than clips may be */
  checkLength(duration: number | undefined): void {
    const { longest } = this.#limits;
    if (longest === undefined || duration === undefined || duration <= longest * 60) return;
    const params = { longest, minutes: Math.round(duration / 6) / 10 };
    throw new GladiaError("GLADIA_BUDGET", "budget-longest", params);
  }

  /** Counts a finished job. */
  async count(job: Job): Promise<void> {
    await this.add(billingTime(job) ?? 0);
  }

  /** Counts seconds that are billed. */
  async add(seconds: number): Promise<void> {
    if (!(seconds > 0)) return;
    const { used, month } = this.billed;
    this.#usage = { day: today(), seconds: used + seconds, month: month + seconds };
    await this.#keep(this.#usage);
  }
}

/** Seconds that Gladia billed for a job; undefined where it does not say. */
export function billingTime(job: Job): number | undefined {
  const billed: unknown = job.result?.metadata?.billing_time;
  return typeof billed === "number" && billed >= 0 ? billed : undefined;
}

/** The day as clocks on the wall have it. */
function today(): string {
  const now = new Date();
  const two = (n: number) => String(n).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
