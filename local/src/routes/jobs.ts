import { createReadStream } from "node:fs";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { remember } from "../control";
import { ApiError, invalid } from "../errors";
import type { Job, JobFile } from "../jobs/job";
import { shown } from "../jobs/runner";
import { checkCreate } from "../options/validate";
import type { Deps } from "./deps";
import { heldRoutes, JSON_TYPE } from "./held";
import { listJobs } from "./listing";

/** The audio an address names when the engine holds it, or should; null when it has to be fetched from elsewhere. */
async function ownFile({ files, base }: Deps, request: FastifyRequest, address: string): Promise<JobFile | null> {
  const { pathname, origin } = new URL(address);
  const id = /^\/file\/([^/]+)$/.exec(pathname)?.[1];
  if (id === undefined) return null;
  // An engine is reached under several names, so a known id is enough.
  const file = await files.find(id);
  if (file !== undefined) return shown(file);
  if (origin !== base(request)) return null;
  return { id, filename: null, source: null, audio_duration: null, number_of_channels: null };
}

async function create(request: FastifyRequest, parts: Deps): Promise<Job> {
  const { jobs, control, deliveries, runner } = parts;
  const { settings } = control;
  const { value: options, faults } = checkCreate(request.body, settings);
  if (faults !== undefined) throw invalid(faults);
  const file = await ownFile(parts, request, options.audio_url);
  if (settings.accountLimit !== null && jobs.active >= settings.accountLimit) {
    const headers = settings.retryAfter === null ? {} : { "retry-after": String(settings.retryAfter) };
    const message = `Maximum number of concurrent transcriptions reached: up to ${settings.accountLimit}.`;
    throw new ApiError(429, message, { headers });
  }
  const job = await jobs.add(options, file, deliveries.due("transcription.created", options));
  const { id, custom_metadata } = job;
  remember(control.jobs, { id, audio_url: options.audio_url, custom_metadata });
  deliveries.dispatch(job);
  runner.enqueue(job);
  return job;
}

/** The routes that make jobs about files, under today's path or the deprecated one. */
function createRouteAt(app: FastifyInstance, parts: Deps, root: string): void {
  app.post(root, { config: { route: "create" } }, async (request, reply) => {
    const { id } = await create(request, parts);
    return reply.code(201).send({ id, result_url: `${parts.base(request)}${root}/${id}` });
  });
}

/** Everything about pre-recorded jobs, and the audio uploads were given an address for. */
export function jobRoutes(app: FastifyInstance, parts: Deps): void {
  createRouteAt(app, parts, "/v2/pre-recorded");
  createRouteAt(app, parts, "/v2/transcription");
  heldRoutes(app, parts, "/v2/pre-recorded", "pre-recorded");
  heldRoutes(app, parts, "/v2/transcription");
  app.get("/v1/history", { config: { route: "list" } }, async (request, reply) =>
    reply.type(JSON_TYPE).send(listJobs(request, parts)),
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
