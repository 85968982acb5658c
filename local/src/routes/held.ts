import { createReadStream } from "node:fs";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ApiError } from "../errors";
import type { Route } from "../faults";
import { isFinal, type Job, type JobKind, kindOf } from "../jobs/job";
import type { Deps } from "./deps";
import { listJobs, textOf } from "./listing";

export const JSON_TYPE = "application/json; charset=utf-8";

/**
 * The job a path names.
 * @param kind the only kind that counts; without it any
 * @throws ApiError 404
 */
export function find({ jobs }: Deps, request: FastifyRequest, kind?: JobKind): Job {
  const { id } = request.params as { id: string };
  const job = jobs.get(id);
  if (job === undefined || (kind !== undefined && kindOf(job) !== kind))
    throw new ApiError(404, `There is no ${kind === "live" ? "live session" : "transcription"} with the id ${id}`);
  return job;
}

/** The audio of a job: where it lies, and its bytes; undefined when there is none. */
async function audioOf({ files, sessions }: Deps, job: Job): Promise<{ path: string; size: number } | undefined> {
  if (kindOf(job) === "live") {
    const held = sessions.files(job);
    const size = job.file === null ? undefined : await held.size();
    return size === undefined ? undefined : { path: held.recording, size };
  }
  const stored = job.file === null ? undefined : await files.find(job.file.id);
  return stored === undefined ? undefined : { path: files.path(stored), size: stored.size };
}

/** Deletes a job with its audio for good. */
async function remove({ jobs, files, sessions }: Deps, job: Job): Promise<void> {
  await jobs.remove(job);
  if (kindOf(job) === "live") await sessions.files(job).remove();
  const { file } = job;
  // Several jobs may be about one upload.
  if (file !== null && !jobs.all().some((other) => other.file?.id === file.id)) await files.remove(file.id);
}

/**
 * The routes about jobs that are there: list, get, delete, and their audio.
 * @param kind the jobs they are about; without it all
 */
export function heldRoutes(app: FastifyInstance, parts: Deps, root: string, kind?: JobKind): void {
  const { control, storage } = parts;
  const route = (name: "list" | "get" | "delete" | "file"): { config: { route: Route } } => ({
    config: { route: kind === "live" ? `live-${name}` : name },
  });
  app.get(root, route("list"), async (request, reply) => reply.type(JSON_TYPE).send(listJobs(request, parts, kind)));
  app.get(`${root}/:id`, route("get"), async (request, reply) =>
    reply.type(JSON_TYPE).send(await textOf(parts, find(parts, request, kind))),
  );
  app.delete(`${root}/:id`, route("delete"), async (request, reply) => {
    const job = find(parts, request, kind);
    if (!isFinal(job)) throw new ApiError(403, "A transcription that is queued or processing cannot be deleted");
    await remove(parts, job);
    return reply.code(202).send();
  });
  app.get(`${root}/:id/file`, route("file"), async (request, reply) => {
    const audio = await audioOf(parts, find(parts, request, kind));
    if (audio === undefined) throw new ApiError(404, "There is no audio for this transcription");
    if (control.settings.redirectFiles) return reply.redirect(await storage.sign(audio.path), 302);
    return reply
      .type("application/octet-stream")
      .header("content-length", audio.size)
      .send(createReadStream(audio.path));
  });
}
