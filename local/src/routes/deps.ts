import type { FastifyRequest } from "fastify";
import type { Control } from "../control";
import type { DeliveryQueue } from "../delivery/delivery-queue";
import type { FileStore } from "../jobs/files";
import type { Runner } from "../jobs/runner";
import type { JobStore } from "../jobs/store";
import type { LiveSessions } from "../live/sessions";
import type { Recogniser } from "../recogniser/types";
import type { SignedUrlServer } from "../storage";

/** What the routes work with. */
export interface Deps {
  jobs: JobStore;
  files: FileStore;
  recogniser: Recogniser;
  control: Control;
  deliveries: DeliveryQueue;
  runner: Runner;
  storage: SignedUrlServer;
  sessions: LiveSessions;
  /** the engine's address as the client of this request sees it, without a slash at the end */
  base(request: FastifyRequest): string;
}
