import type { FastifyRequest } from "fastify";
import type { Control } from "../control";
import type { Postman } from "../delivery/postman";
import type { FileStore } from "../jobs/files";
import type { Runner } from "../jobs/runner";
import type { JobStore } from "../jobs/store";
import type { LiveSessions } from "../live/sessions";
import type { Recogniser } from "../recogniser/types";
import type { SecondOrigin } from "../storage";

/** What the routes work with. */
export interface Parts {
  jobs: JobStore;
  files: FileStore;
  recogniser: Recogniser;
  control: Control;
  postman: Postman;
  runner: Runner;
  storage: SecondOrigin;
  sessions: LiveSessions;
  /** the engine's address as the client of this request sees it, without a slash at the end */
  base(request: FastifyRequest): string;
}
