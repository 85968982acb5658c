import { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import { invalid } from "../errors";
import { type Job, type JobKind, jobText } from "../jobs/job";
import { metadataFilters, select } from "../list";
import { checkList } from "../options/validate";
import type { Deps } from "./deps";

/** A job as JSON text, with its result when there is one. */
export async function textOf({ jobs, runner }: Deps, job: Job): Promise<string> {
  const stage = runner.stage(job);
  return jobText(job, await jobs.result(job), stage);
}

/**
 * One page of jobs as JSON, written job by job.
 * @param kind the jobs the route is about; without it all, and the filter `kind` is known
 * @throws ApiError 400 for a query that is none
 */
export function listJobs(request: FastifyRequest, parts: Deps, kind?: JobKind): Readable {
  const given = request.query as Record<string, string | string[]>;
  const { value: query, faults = [] } = checkList(given);
  const metadata = metadataFilters(given);
  if (metadata === undefined) faults.push("custom_metadata must be a json string of an object");
  if (query === undefined || metadata === undefined) throw invalid(faults);
  if (kind !== undefined) query.kind = [kind];
  const { items, more } = select(parts.jobs.all(), query, metadata);
  const page = (offset: number) => {
    const search = new URLSearchParams(
      Object.entries(given).flatMap(([k, v]) => [v].flat().map((one): [string, string] => [k, one])),
    );
    search.set("offset", String(offset));
    search.set("limit", String(query.limit));
    return `${parts.base(request)}${request.url.split("?", 1)[0]}?${search}`;
  };
  const next = more ? page(query.offset + query.limit) : null;
  const head = JSON.stringify({ first: page(0), current: page(query.offset), next });
  const written = async function* () {
    yield `${head.slice(0, -1)},"items":[`;
    for (const [index, job] of items.entries()) yield `${index === 0 ? "" : ","}${await textOf(parts, job)}`;
    yield "]}";
  };
  return Readable.from(written(), { objectMode: false });
}
