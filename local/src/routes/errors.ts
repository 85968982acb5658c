import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ApiError, textOf } from "../errors";
import { UnreadableAudio } from "../recogniser/types";

/** The path of a request, without its query. */
export function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? request.url;
}

/** Sends an error in the shape every error of the API has. */
export function sendError(request: FastifyRequest, reply: FastifyReply, error: ApiError): FastifyReply {
  return reply
    .code(error.status)
    .headers(error.headers)
    .send({
      timestamp: new Date().toISOString(),
      path: pathOf(request),
      request_id: request.id,
      statusCode: error.status,
      message: error.message,
      ...(error.validationErrors === undefined ? {} : { validation_errors: error.validationErrors }),
    });
}

/** What a thrown thing is to the client. The texts of our own failures stay here. */
function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof UnreadableAudio) return new ApiError(error.status, error.message);
  const { statusCode } = error as FastifyError;
  if (statusCode !== undefined && statusCode < 500) return new ApiError(statusCode, textOf(error));
  return new ApiError(500, "Internal server error");
}

/** Has every failure and every unknown address answered as the API does. */
export function answerErrors(app: FastifyInstance, log: (line: string) => void): void {
  app.setErrorHandler((thrown, request, reply) => {
    const error = toApiError(thrown);
    if (error.status === 500) log(`${request.method} ${pathOf(request)}: ${textOf(thrown)}`);
    return sendError(request, reply, error);
  });
  app.setNotFoundHandler((request, reply) =>
    sendError(request, reply, new ApiError(404, `Cannot ${request.method} ${pathOf(request)}`)),
  );
}
