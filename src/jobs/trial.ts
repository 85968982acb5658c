import type { Audio } from "../audio/source";
import type { Job } from "../types";
import { findEarlier } from "./create";
import type { Entry } from "./entry";
import { follow, type Stage, submit, type Workshop } from "./submit";
import type { Progress } from "./tracker";

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
 * Brings a trial to its final job as any other work of the account: with a slot, a kept entry, the budget and the
 * tracker. It has no callback, which would tell flows of it. When nobody waits any more, a job that was made is still
 * followed to its end, so that its slot and what it cost are counted.
 * @throws GladiaError; the signal's reason
 */
export async function runTrial(workshop: Workshop, entry: Entry, trial: Trial): Promise<Job> {
  const { audio, signal, deadline, onStage, onProgress } = trial;
  try {
    const { id } = await submit({ ...workshop, deadline }, { entry, audio, signal, onStage });
    onProgress({ id, status: "queued" });
    return await workshop.tracker.wait(id, { signal, deadline, onProgress });
  } catch (error) {
    if (entry.id === undefined) {
      // Only a create that was broken off may have left a job behind.
      if (signal.aborted && entry.state === "creating") void settleTrial(workshop, entry);
      else await workshop.ledger.finish(entry);
    }
    throw error;
  }
}

/**
 * Settles a trial that nobody waits for: a job that it may have made is looked for and followed, anything else is over.
 * While the look-up fails it stays kept, and the next start looks again.
 */
export async function settleTrial(workshop: Workshop, entry: Entry): Promise<void> {
  const { client, ledger } = workshop;
  try {
    if (entry.state === "creating") {
      const { signal } = new AbortController();
      const job = await findEarlier(client, entry, signal);
      if (job) {
        follow(workshop, await ledger.update(entry, { state: "created", id: job.id, since: entry.since }));
        return;
      }
    }
    await ledger.finish(entry);
  } catch {
    // The service is out of reach; nothing is lost by looking later.
  }
}

/** Whether a kept entry is a trial that ended without a job that is known. */
export function isOpenTrial({ message, id }: Entry): boolean {
  return message === undefined && id === undefined;
}
