import type { MultipartFile } from "@fastify/multipart";
import type { FastifyError, FastifyInstance, FastifyRequest } from "fastify";
import { remember } from "../control";
import { ApiError, invalid, textOf } from "../errors";
import type { StoredFile } from "../jobs/files";
import { checkUpload } from "../options/validate";
import type { Deps } from "./deps";
import { cutEndless } from "./unread";

/** More than any form around a file needs, and how much chunks make of it on the network. */
const FORM_OVERHEAD = 100_000;
const CHUNKED = 1.1;

/** Passes on what a form holds; where it is broken, the fault is the client's. */
async function* wellFormed<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    if ((error as FastifyError).statusCode !== undefined) throw error;
    throw new ApiError(400, `The form is malformed: ${textOf(error)}`);
  }
}

/** Takes the part named `audio` of a form to disk, byte by byte; other parts are passed over. */
async function receive(request: FastifyRequest, { files, recogniser, control }: Deps): Promise<StoredFile> {
  const limit = control.settings.maxUpload;
  if (!/;\s*boundary=/i.test(request.headers["content-type"] ?? ""))
    throw new ApiError(400, "Content-Type is missing Multipart Boundary.");
  if (Number(request.headers["content-length"] ?? 0) > limit + FORM_OVERHEAD)
    throw new ApiError(413, `The file is larger than ${limit} bytes`);
  let file: StoredFile | undefined;
  const seen = cutEndless(request.raw, CHUNKED * (limit + FORM_OVERHEAD));
  try {
    for await (const part of wellFormed(request.parts({ limits: { fileSize: limit + 1 } }))) {
      if (part.type !== "file") continue;
      if (part.fieldname === "audio" && file === undefined) file = await keep(part);
      else part.file.resume();
    }
  } catch (error) {
    if (file !== undefined) await files.remove(file.id);
    throw error;
  } finally {
    seen();
  }
  if (file === undefined) throw new ApiError(400, "The form has no file in a part named audio");
  return file;

  async function keep({ file: chunks, filename }: MultipartFile): Promise<StoredFile> {
    const kept = await files.receive(wellFormed(chunks), { filename, limit }, (path) => recogniser.probe(path));
    const { id, size, sha256 } = kept;
    remember(control.uploads, { id, filename, size, sha256 });
    return kept;
  }
}

/** `POST /v2/upload`: a form with the file, or JSON with an address to fetch it from. */
export function uploadRoutes(app: FastifyInstance, parts: Deps): void {
  app.post("/v2/upload", { config: { route: "upload" } }, async (request, reply) => {
    let file: StoredFile;
    if (request.isMultipart()) {
      file = await receive(request, parts);
    } else {
      const { value, faults } = checkUpload(request.body);
      if (faults !== undefined) throw invalid(faults);
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      file = await parts.runner.fetch(value.audio_url, gone.signal);
    }
    const { filename, source, extension, size, audio_duration, number_of_channels } = file;
    return reply.code(200).send({
      audio_url: `${parts.base(request)}/file/${file.id}`,
      audio_metadata: {
        id: file.id,
        filename,
        ...(source === null ? {} : { source }),
        extension,
        size,
        audio_duration,
        number_of_channels,
      },
    });
  });
}
