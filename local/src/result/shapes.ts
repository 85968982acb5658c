import type { Utterance } from "../recogniser/types";

/** An utterance as the API shows it: what was recognised, its language and, if asked for, its speaker. */
export interface SpokenUtterance extends Utterance {
  language: string;
  speaker?: number;
}

/** Why an add-on has no result. */
export interface AddOnError {
  status_code: number;
  exception: string;
  message: string;
}

/** What every add-on's answer is wrapped in. `exec_time` in seconds. */
export interface AddOn {
  success: boolean;
  is_empty: boolean;
  exec_time: number;
  error: AddOnError | null;
  results: unknown;
}

/** Wraps what an add-on made. `since` is its start, as `performance.now()` gives it. */
export function succeeded(results: unknown, since: number): AddOn {
  const is_empty = results === null || results === "" || (Array.isArray(results) && results.length === 0);
  return { success: true, is_empty, exec_time: Math.round(performance.now() - since) / 1000, error: null, results };
}

/** Wraps the reason why an add-on made nothing. */
export function failed(error: AddOnError): AddOn {
  return { success: false, is_empty: true, exec_time: 0, error, results: null };
}
