import type { Control } from "../control";
import type { Delivery, Job } from "../jobs/job";
import type { JobStore } from "../jobs/store";
import type { AddOns } from "../result/addons";
import type { LiveRecogniser } from "./recogniser";
import type { LiveSession } from "./session";

/** The events of a live session that webhooks tell. */
export type LiveEvent = "live.start_session" | "live.start_recording" | "live.end_recording" | "live.end_session";

/** What sessions work with. */
export interface LiveParts {
  /** the engine's folder */
  data: string;
  jobs: JobStore;
  control: Control;
  addOns: AddOns;
  recogniser: LiveRecogniser;
  /** aborted when the engine ends */
  signal: AbortSignal;
  log: (line: string) => void;
  /** what webhooks have to be told of an event */
  due(event: LiveEvent): Delivery[];
  /** sends what a job has to send */
  dispatch(job: Job): void;
  /** tells webhooks of an event */
  tell(job: Job, event: LiveEvent): Promise<void>;
  /** a session is over */
  over(session: LiveSession): void;
}
