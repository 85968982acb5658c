/** Whether a value can be the id of a job, and not a text of another kind. */
export function isJobId(value: unknown): value is string {
  return typeof value === "string" && /^[\w-]{1,100}$/.test(value);
}
