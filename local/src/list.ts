import { contains } from "./contains";
import { type Job, kindOf } from "./jobs/job";
import type { ListQuery } from "./options/validate";

/** One condition on `custom_metadata`; from brackets all values come as text, so numbers are compared as text. */
interface MetadataFilter {
  wanted: unknown;
  same?: (held: unknown, wanted: unknown) => boolean;
}

/** Text compared with what may be no text. */
const asText = (held: unknown, wanted: unknown) => typeof held !== "object" && String(held) === wanted;

/** Puts `value` at `custom_metadata[a][b]`. */
function place(target: Record<string, unknown>, keys: string[], value: unknown): void {
  const [key, ...rest] = keys;
  if (key === undefined) return;
  if (rest.length === 0) {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
    return;
  }
  if (!Object.hasOwn(target, key)) place(target, [key], {});
  place(target[key] as Record<string, unknown>, rest, value);
}

/**
 * Reads the `custom_metadata` conditions of a query, as JSON (`custom_metadata={"k":"v"}`) and in brackets
 * (`custom_metadata[k]=v`).
 * @returns the conditions, or undefined when the JSON is none or no object
 */
export function metadataFilters(query: Record<string, unknown>): MetadataFilter[] | undefined {
  const filters: MetadataFilter[] = [];
  const brackets: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(query)) {
    if (name === "custom_metadata") {
      for (const text of [value].flat()) {
        const wanted = parseObject(String(text));
        if (wanted === undefined) return undefined;
        filters.push({ wanted });
      }
    } else if (/^custom_metadata(\[[^\]]+\])+$/.test(name)) {
      place(
        brackets,
        [...name.matchAll(/\[([^\]]+)\]/g)].map((match) => match[1] as string),
        value,
      );
    }
  }
  if (Object.keys(brackets).length > 0) filters.push({ wanted: brackets, same: asText });
  return filters;
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The jobs a list request asks for, newest first.
 * @param jobs all jobs, oldest first
 * @param query the checked query; `date` is a day in UTC, `after_date` and `before_date` include their own moment
 * @param metadata conditions on `custom_metadata`; all must hold
 * @returns one page of them, and whether more follow
 */
export function select(jobs: Job[], query: ListQuery, metadata: MetadataFilter[]): { items: Job[]; more: boolean } {
  const after = query.after_date === undefined ? Number.NEGATIVE_INFINITY : Date.parse(query.after_date);
  const before = query.before_date === undefined ? Number.POSITIVE_INFINITY : Date.parse(query.before_date);
  const found: Job[] = [];
  for (const job of jobs.toReversed()) {
    if (found.length > query.offset + query.limit) break;
    const created = Date.parse(job.created_at);
    if (created < after || created > before) continue;
    if (query.date !== undefined && !job.created_at.startsWith(query.date)) continue;
    if (query.status !== undefined && !query.status.includes(job.status)) continue;
    if (query.kind !== undefined && !query.kind.includes(kindOf(job))) continue;
    if (!metadata.every(({ wanted, same }) => contains(job.custom_metadata, wanted, same))) continue;
    found.push(job);
  }
  return {
    items: found.slice(query.offset, query.offset + query.limit),
    more: found.length > query.offset + query.limit,
  };
}
