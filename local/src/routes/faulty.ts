import { once } from "node:events";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Control, type RecordedRequest, remember } from "../control";
import { ApiError } from "../errors";
import type { Fault, Route } from "../faults";
import { pathOf, sendError } from "./errors";

declare module "fastify" {
  interface FastifyContextConfig {
    /** how counters and faults name the route */
    route?: Route;
  }
  interface FastifyRequest {
    record: RecordedRequest | null;
    fault: Fault | null;
  }
}

const PAGE = "<html>\r\n<head><title>Bad Gateway</title></head>\r\n<body><h1>Bad Gateway</h1></body>\r\n</html>\r\n";

/** Ends a connection the hard way, as a crash or a firewall does. */
function reset(request: FastifyRequest): void {
  request.raw.socket.resetAndDestroy();
}

/** Never settles: the answer that waits for it never comes. */
const never = () => new Promise<never>(() => undefined);

/** The answer a status fault gives. */
function errorOf({ kind, retryAfter, message }: Fault, request: FastifyRequest): ApiError {
  const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
  const status = Number.parseInt(kind, 10);
  const said = status === 404 ? `Cannot ${request.method} ${pathOf(request)}` : `Injected fault ${kind}`;
  return new ApiError(status, message ?? said, { headers });
}

/** Strikes before the work; true when the request is thereby over. */
async function before(fault: Fault, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
  if (fault.kind === "hang" || fault.kind === "reset-before") {
    reply.hijack();
    if (fault.kind === "reset-before") reset(request);
    return true;
  }
  if (!/^\d+(-html)?$/.test(fault.kind)) return false;
  // This answer is final: the hook that spoils answers must leave it alone.
  request.fault = null;
  const error = errorOf(fault, request);
  if (fault.kind.endsWith("-html")) await reply.code(error.status).headers(error.headers).type("text/html").send(PAGE);
  else await sendError(request, reply, error);
  return true;
}

/** The bytes of an answer, whatever fastify holds it in. */
async function bytesOf(payload: unknown): Promise<Buffer> {
  if (payload instanceof Readable) return Buffer.concat((await payload.toArray()).map((piece) => Buffer.from(piece)));
  return Buffer.from((payload ?? "") as string);
}

/** Writes an answer by hand: half of it, or all of it in pieces. */
async function trickle(fault: Fault, request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<never> {
  const bytes = await bytesOf(payload);
  const { raw } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
  raw.setHeader("content-length", bytes.length);
  raw.statusCode = reply.statusCode;
  if (fault.kind === "truncated-json") {
    raw.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => request.raw.socket.destroy());
    return never();
  }
  const piece = Math.max(1, Math.ceil(bytes.length / 10));
  for (let at = 0; at < bytes.length && !raw.destroyed; at += piece) {
    if (!raw.write(bytes.subarray(at, at + piece))) await Promise.race([once(raw, "drain"), once(raw, "close")]);
    await sleep(fault.delay ?? 20);
  }
  raw.end();
  return never();
}

/** Strikes after the work: gives what is sent in the answer's place. */
function after(fault: Fault, request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
  switch (fault.kind) {
    case "hang-after":
      return never();
    case "reset-after":
      reset(request);
      return never();
    case "truncated-json":
    case "slow-body":
      return trickle(fault, request, reply, payload);
    case "bad-json":
      reply.type("application/json").removeHeader("content-length");
      return '{"id": "unfinished';
    case "empty":
      reply.removeHeader("content-length");
      return "";
    default: {
      const error = errorOf(fault, request);
      reply.code(error.status).headers(error.headers).type("application/json").removeHeader("content-length");
      return JSON.stringify({ statusCode: error.status, message: error.message, request_id: request.id });
    }
  }
}

/** Has the engine record its requests and spoil those the control wants spoilt. */
export function recordAndSpoil(app: FastifyInstance, control: Control): void {
  app.decorateRequest("record", null);
  app.decorateRequest("fault", null);
  app.addHook("onRequest", async (request) => {
    const route = request.routeOptions.config.route ?? "other";
    const { "x-gladia-key": key, ...headers } = request.headers;
    request.record = { route, method: request.method, url: request.url, key: key !== undefined, headers };
    control.counts[route] += 1;
    remember(control.requests, request.record);
  });
  app.addHook("preHandler", async (request, reply) => {
    const route = request.routeOptions.config.route ?? "other";
    const fault = control.takeFault(route, { method: request.method, path: pathOf(request), body: request.body });
    if (fault === undefined) return;
    if (request.record !== null) request.record.fault = fault.kind;
    request.fault = fault;
    if (await before(fault, request, reply)) return reply;
  });
  app.addHook("onSend", async (request, reply, payload) =>
    request.fault === null ? payload : after(request.fault, request, reply, payload),
  );
  app.addHook("onResponse", async (request, reply) => {
    if (request.record !== null && reply.raw.writableFinished) request.record.status = reply.statusCode;
  });
}
