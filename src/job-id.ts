/** Whether a value can be the id of a job, and not a text of another kind. */
export function isJobId(value: unknown): value is string {
  return typeof value === "string" && /^[\w-]{1,100}$/.test(value);
}

/** Whether an id has the form that Gladia and the local engine give theirs: a UUID. Other servers may have others. */
export function isUuid(id: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id);
}
