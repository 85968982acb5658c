import type { Audio } from "../audio/source";
import type { Job } from "../types";
import { findEarlier } from "./create";
import { follow, type Stage, type SubmitDeps, submit } from "./submit";
import type { Progress } from "./tracker";
import type { WorkItem } from "./work-item";

/** A clip that somebody tries in the editor, who waits for its text there. */
export interface Trial {
  audio: Audio;
  /** Seconds to wait for the job. */
  deadline: number;
  /** Aborts when nobody waits any more. */
  signal: AbortSignal;
  onStage(stage: Stage): void;
  onProgress(progress: Pick<Progress, "id" | "status">): void;
}

/**
 * Brings a trial to its final job as any other work of the account: with a slot, a kept item, the budget and the
 * tracker. It has no callback, which would tell flows of it. When nobody waits any more, a job that was made is still
 * followed to its end, so that its slot and what it cost are counted.
 * @throws GladiaError; the signal's reason
 */
export async function runTrial(deps: SubmitDeps, item: WorkItem, trial: Trial): Promise<Job> {
  const { audio, signal, deadline, onStage, onProgress } = trial;
  try {
    const { id } = await submit({ ...deps, deadline }, { item, audio, signal, onStage });
    onProgress({ id, status: "queued" });
    return await deps.tracker.wait(id, { signal, deadline, onProgress });
  } catch (error) {
    if (item.id === undefined) {
      // Only a create that was broken off may have left a job behind.
      if (signal.aborted && item.state === "creating") void settleTrial(deps, item);
      else await deps.workStore.finish(item);
    }
    throw error;
  }
}

/**
 * Settles a trial that nobody waits for: a job that it may have made is looked for and followed, anything else is over.
 * While the look-up fails it stays kept, and the next start looks again.
 */
export async function settleTrial(deps: SubmitDeps, item: WorkItem): Promise<void> {
  const { client, workStore } = deps;
  try {
    if (item.state === "creating") {
      const { signal } = new AbortController();
      const job = await findEarlier(client, item, signal);
      if (job) {
        follow(deps, await workStore.update(item, { state: "created", id: job.id, since: item.since }));
        return;
      }
    }
    await workStore.finish(item);
  } catch {
    // The service is out of reach; nothing is lost by looking later.
  }
}

/** Whether a kept item is a trial that ended without a job that is known. */
export function isOpenTrial({ message, id }: WorkItem): boolean {
  return message === undefined && id === undefined;
}
