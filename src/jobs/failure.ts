import { GladiaError, type Term } from "../errors";
import type { Job } from "../types";

/** Why a job has no result. `said`: what Gladia tells of it, where it does. */
export function jobFailure(job: Job, said?: string): GladiaError {
  const { id, request_id, error_code } = job;
  const status = typeof error_code === "number" ? error_code : 500;
  const hint: Term = { key: status < 500 ? "job-hint-4xx" : "job-hint-5xx" };
  const cause = { id, status, request_id, retryable: status >= 500 };
  return said
    ? new GladiaError("GLADIA_JOB", "job-failed-said", { id, status, message: said, hint }, cause)
    : new GladiaError("GLADIA_JOB", "job-failed", { id, status, message: hint }, cause);
}
