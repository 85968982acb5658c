import type { GladiaClient, JobKind, ListQuery } from "../client";
import { GladiaError } from "../errors";
import { isObject } from "../options/merge";
import { sizeFault } from "../options/size-limit";
import type { Job } from "../types";

/** Jobs of a page where all are wanted. */
const PAGE = 100;
/** Pages without a job that is new, beside those that were seen, after which a list is taken for one without end. */
const IDLE = 10;
const STATUSES = ["queued", "processing", "done", "error"];
/** A day, or a time as ISO 8601 has it. */
const DATE = /^\d{4}-\d\d-\d\d([T ][\d:.]+(Z|[+-]\d\d:?\d\d)?)?$/;

/**
 * Filters as a person writes them, as a query of the API: `status` (one or several), `date`, `before_date`, `after_date`
 * (ISO 8601), `custom_metadata` (object), `limit`, `offset`. Others go on as they are, since the API may add to them.
 * @throws GladiaError GLADIA_OPTIONS
 */
export function listQuery(filter: unknown): ListQuery {
  if (filter === undefined || filter === null || filter === "") return {};
  const fault = typeof filter === "object" ? sizeFault(filter) : undefined;
  if (fault) throw new GladiaError("GLADIA_OPTIONS", fault.key, { where: "filter", ...fault.params });
  if (!isObject(filter)) throw refused("filter", said(filter), '{ "status": "done" }');
  const query: ListQuery = {};
  for (const [name, value] of Object.entries(filter)) {
    if (value === undefined || value === null || value === "") continue;
    query[name] = filterValue(name, value);
  }
  return query;
}

function filterValue(name: string, value: unknown): string | number | string[] {
  switch (name) {
    case "limit":
    case "offset": {
      const number = Number(value);
      if (Number.isInteger(number) && number >= (name === "limit" ? 1 : 0)) return number;
      throw refused(name, said(value), "20");
    }
    case "status": {
      const wanted = (Array.isArray(value) ? value : String(value).split(",")).map((word) => String(word).trim());
      if (wanted.every((word) => STATUSES.includes(word))) return wanted;
      throw refused(name, said(value), STATUSES.join(", "));
    }
    case "date":
    case "before_date":
    case "after_date":
      if (value instanceof Date && !Number.isNaN(value.getTime())) {
        const time = value.toISOString();
        return name === "date" ? time.slice(0, 10) : time;
      }
      if (typeof value === "string" && DATE.test(value)) return value;
      throw refused(name, said(value), "2026-11-26");
    case "custom_metadata":
      if (isObject(value)) return JSON.stringify(value);
      throw refused(name, said(value), '{ "customer": 7 }');
    default:
      if (Array.isArray(value)) return value.map(String);
      return said(value);
  }
}

const said = (value: unknown) => (typeof value === "object" ? JSON.stringify(value) : String(value));

function refused(name: string, value: string, example: string): GladiaError {
  return new GladiaError("GLADIA_OPTIONS", "jobs-filter", { name, value: value.slice(0, 80), example });
}

/**
 * All jobs that fit, newest first, page by page, each once. Where jobs are created meanwhile, later pages repeat earlier
 * ones; where jobs are deleted, they would skip some: so each page begins with a job that was seen, else with more of
 * them. It ends also where the server gives nothing new any more, however often it promises another page.
 * @throws GladiaError; the signal's reason
 */
export async function* allJobs(
  client: Pick<GladiaClient, "list">,
  query: ListQuery,
  { kind, signal }: { kind: JobKind; signal: AbortSignal },
): AsyncGenerator<Job[]> {
  const seen = new Set<string>();
  const first = Number(query.offset ?? 0);
  const limit = Math.max(2, Number(query.limit ?? PAGE)); // one is the job that was seen
  let overlap = 1;
  let back = limit;
  let shortest = limit;
  let idle = 0;
  for (let offset = first; ; ) {
    const from = Math.max(first, offset - overlap);
    const page = await client.list({ ...query, offset: from, limit }, { kind, signal });
    const { length } = page.items;
    if (length > 0) shortest = Math.min(shortest, length);
    const [top] = page.items;
    // To go through all that was seen, back and forth, takes so many pages.
    const isStuck = ++idle > IDLE + (2 * seen.size) / shortest;
    if (from > first && overlap > 0 && !isStuck && !(top && seen.has(top.id))) {
      offset = Math.max(first, from - back) + overlap; // what lay before it has moved up
      back *= 2;
      continue;
    }
    back = limit;
    const fresh = page.items.filter(({ id }) => !seen.has(id));
    for (const { id } of fresh) seen.add(id);
    if (fresh.length > 0) {
      idle = 0;
      yield fresh;
    }
    if (!page.next || length === 0 || isStuck) return;
    overlap = length < 2 ? 0 : 1; // a server that gives one job at a time can repeat none
    offset = from + length;
  }
}
