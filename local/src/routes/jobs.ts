import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { remember } from "../control";
import { ApiError, invalid } from "../errors";
import { isFinal, type Job, type JobFile, jobText } from "../jobs/job";
import { shown } from "../jobs/runner";
import { metadataFilters, select } from "../list";
import { checkCreate, checkList } from "../options/validate";
import type { Parts } from "./parts";

const JSON_TYPE = "application/json; charset=utf-8";

/** The job a path names. @throws ApiError 404 */
function find({ jobs }: Parts, request: FastifyRequest): Job {
  const { id } = request.params as { id: string };
  const job = jobs.get(id);
  if (job === undefined) throw new ApiError(404, `There is no transcription with the id ${id}`);
  return job;
}

/** A job as JSON text, with its result when there is one. */
async function textOf({ jobs, runner }: Parts, job: Job): Promise<string> {
  const stage = runner.stage(job);
  return jobText(job, await jobs.result(job), stage);
}

/** The audio an address names when the engine holds it, or should; null when it has to be fetched from elsewhere. */
async function ownFile({ files, base }: Parts, request: FastifyRequest, address: string): Promise<JobFile | null> {
  const { pathname, origin } = new URL(address);
  const id = /^\/file\/([^/]+)$/.exec(pathname)?.[1];
  if (id === undefined) return null;
  // An engine is reached under several names, so a known id is enough.
  const file = await files.find(id);
  if (file !== undefined) return shown(file);
  if (origin !== base(request)) return null;
  return { id, filename: null, source: null, audio_duration: null, number_of_channels: null };
}

async function create(request: FastifyRequest, parts: Parts): Promise<Job> {
  const { jobs, control, postman, runner } = parts;
  const { settings } = control;
  const { value: options, faults } = checkCreate(request.body, settings);
  if (faults !== undefined) throw invalid(faults);
  const file = await ownFile(parts, request, options.audio_url);
  if (settings.accountLimit !== null && jobs.active >= settings.accountLimit) {
    const headers = settings.retryAfter === null ? {} : { "retry-after": String(settings.retryAfter) };
    const message = `Maximum number of concurrent transcriptions reached: up to ${settings.accountLimit}.`;
    throw new ApiError(429, message, { headers });
  }
  const job = await jobs.add(options, file, postman.due("transcription.created", options));
  const { id, custom_metadata } = job;
  remember(control.jobs, { id, audio_url: options.audio_url, custom_metadata });
  postman.dispatch(job);
  runner.enqueue(job);
  return job;
}

/** One page of jobs as JSON, written job by job. `kinds`: whether the route knows the filter `kind`. */
function list(request: FastifyRequest, parts: Parts, kinds: boolean): Readable {
  const given = request.query as Record<string, string | string[]>;
  const { value: query, faults = [] } = checkList(given);
  const metadata = metadataFilters(given);
  if (metadata === undefined) faults.push("custom_metadata must be a json string of an object");
  if (query === undefined || metadata === undefined) throw invalid(faults);
  if (!kinds) delete query.kind;
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

/** The routes of pre-recorded jobs, under today's path or the deprecated one. */
function jobRoutesAt(app: FastifyInstance, parts: Parts, root: string, kinds: boolean): void {
  const { jobs, files, control, storage } = parts;
  app.post(root, { config: { route: "create" } }, async (request, reply) => {
    const { id } = await create(request, parts);
    return reply.code(201).send({ id, result_url: `${parts.base(request)}${root}/${id}` });
  });
  app.get(root, { config: { route: "list" } }, async (request, reply) =>
    reply.type(JSON_TYPE).send(list(request, parts, kinds)),
  );
  app.get(`${root}/:id`, { config: { route: "get" } }, async (request, reply) =>
    reply.type(JSON_TYPE).send(await textOf(parts, find(parts, request))),
  );
  app.delete(`${root}/:id`, { config: { route: "delete" } }, async (request, reply) => {
    const job = find(parts, request);
    if (!isFinal(job)) throw new ApiError(403, "A transcription that is queued or processing cannot be deleted");
    await jobs.remove(job);
    const { file } = job;
    // Several jobs may be about one upload.
    if (file !== null && !jobs.all().some((other) => other.file?.id === file.id)) await files.remove(file.id);
    return reply.code(202).send();
  });
  app.get(`${root}/:id/file`, { config: { route: "file" } }, async (request, reply) => {
    const { file } = find(parts, request);
    const stored = file === null ? undefined : await files.find(file.id);
    if (stored === undefined) throw new ApiError(404, "There is no audio for this transcription");
    if (control.settings.redirectFiles) return reply.redirect(await storage.sign(files.path(stored)), 302);
    return reply
      .type("application/octet-stream")
      .header("content-length", stored.size)
      .send(createReadStream(files.path(stored)));
  });
}

/** Everything about pre-recorded jobs, and the audio uploads were given an address for. */
export function jobRoutes(app: FastifyInstance, parts: Parts): void {
  jobRoutesAt(app, parts, "/v2/pre-recorded", false);
  jobRoutesAt(app, parts, "/v2/transcription", true);
  app.get("/v1/history", { config: { route: "list" } }, async (request, reply) =>
    reply.type(JSON_TYPE).send(list(request, parts, true)),
  );
  app.get("/file/:id", { config: { route: "download" } }, async (request, reply) => {
    const { id } = request.params as { id: string };
    const file = await parts.files.find(id);
    if (file === undefined) throw new ApiError(404, `There is no file with the id ${id}`);
    return reply
      .type("application/octet-stream")
      .header("content-length", file.size)
      .send(createReadStream(parts.files.path(file)));
  });
}
