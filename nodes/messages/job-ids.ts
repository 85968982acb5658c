import type { JobKind } from "../../src/client";
import { GladiaError } from "../../src/errors";
import { MAX_URL_LENGTH } from "../../src/http/url";
import { isJobId } from "../../src/job-id";
import type { Account } from "../../src/jobs/account";
import { isObject } from "../../src/options/merge";
import { Pace } from "../../src/turns";

/** Jobs that are deleted side by side. */
const AT_ONCE = 4;
/** Ids that an error names. */
const MAX_NAMED = 20;

/**
 * The ids in a value: an id, a `result_url`, a job, or where several are allowed a list of these.
 * @throws GladiaError GLADIA_CONFIG where one of them is none, before anything is done
 */
export async function jobIds(value: unknown, several: boolean): Promise<string[]> {
  if (!Array.isArray(value) || !several || value.length === 0) return [jobId(value)];
  const ids = new Set<string>();
  const pace = new Pace();
  for (const item of value) {
    ids.add(jobId(item));
    if (pace.isDue()) await pace.turn();
  }
  return [...ids];
}

function jobId(value: unknown): string {
  const id = idIn(value);
  if (id === undefined) throw new GladiaError("GLADIA_CONFIG", "job-id");
  return id;
}

/** The id that a value is or names; undefined where it is none. */
export function idIn(value: unknown): string | undefined {
  if (isObject(value)) return isJobId(value["id"]) ? value["id"] : undefined;
  if (typeof value !== "string" || value.length > MAX_URL_LENGTH) return undefined;
  const text = value.trim();
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return isJobId(text) ? text : undefined;
  const last = new URL(text).pathname.split("/").filter(Boolean).pop();
  return isJobId(last) ? last : undefined;
}

/**
 * Deletes jobs at Gladia, each tried even when another fails. Of several, one that is gone already counts as deleted.
 * @returns the ids that are gone
 * @throws GladiaError of the only job, or one that names those that are still there
 */
export async function deleteJobs(
  account: Account,
  ids: string[],
  { kind, signal }: { kind: JobKind; signal: AbortSignal },
): Promise<string[]> {
  const remove = (id: string) => account.deleteJob(id, signal, kind);
  if (ids.length === 1) {
    await remove(ids[0] as string);
    return ids;
  }
  const left = ids.values();
  const failed: { id: string; error: GladiaError }[] = [];
  const worker = async () => {
    for (const id of left) {
      try {
        await remove(id);
      } catch (error) {
        if (signal.aborted || !(error instanceof GladiaError)) throw error;
        if (error.code !== "GLADIA_NOT_FOUND") failed.push({ id, error });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const [first] = failed;
  if (first) {
    const named = failed.slice(0, MAX_NAMED).map(({ id }) => id);
    const params = { count: failed.length, all: ids.length, ids: named.join(", "), reason: first.error.message };
    throw new GladiaError(first.error.code, "jobs-not-deleted", params, { ...first.error.cause });
  }
  return ids;
}
