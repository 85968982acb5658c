import type { FastifyInstance } from "fastify";
import { ApiError, invalid } from "../errors";
import { checkLive } from "../options/validate";
import type { Deps } from "./deps";
import { find, heldRoutes } from "./held";

/** Characters of what a client may leave with a session, as JSON. */
const MOST_DEBUG = 100_000;

/** Everything about live sessions but their sockets. */
export function liveRoutes(app: FastifyInstance, parts: Deps): void {
  const { control, jobs, sessions } = parts;
  app.post("/v2/live", { config: { route: "live" } }, async (request, reply) => {
    const { value, faults } = checkLive(request.body, request.query, control.settings);
    if (faults !== undefined) throw invalid(faults);
    const { job, token } = await sessions.create(value);
    const { id, created_at } = job;
    const url = `${parts.base(request).replace(/^http/, "ws")}/v2/live?token=${token}`;
    return reply.code(201).send({ id, created_at, url });
  });
  app.patch("/v2/live/:id", { config: { route: "live-patch" } }, async (request, reply) => {
    const job = find(parts, request, "live");
    const { body } = request;
    if (typeof body !== "object" || body === null || Array.isArray(body)) throw invalid(["the body must be an object"]);
    if (JSON.stringify(body).length > MOST_DEBUG)
      throw new ApiError(413, `post_session_metadata must be shorter than ${MOST_DEBUG} characters once stringified`);
    await jobs.update(job, ({ debug }) => ({ debug: { ...debug, ...body } }));
    return reply.code(204).send();
  });
  heldRoutes(app, parts, "/v2/live", "live");
}
