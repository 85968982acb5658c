import { randomUUID } from "node:crypto";
import type { Audio } from "../audio/source";
import type { GladiaClient } from "../client";
import type { Options } from "../options/merge";
import type { UploadAnswer } from "../types";
import { createOnce } from "./create";
import type { Tracker } from "./tracker";

/** Where a message stands before its job exists. */
export type Stage = { status: "waiting"; position: number } | { status: "uploading"; bytes: number };

export interface Submission {
  audio: Audio;
  options: Options;
  signal: AbortSignal;
  /** Seconds in which a busy server is asked again. */
  deadline: number;
  retries: number;
  onStage?: (stage: Stage) => void;
}

export interface Submitted {
  id: string;
  audio_url: string;
  result_url: string | undefined;
  audio_metadata: UploadAnswer["audio_metadata"] | undefined;
}

/**
 * Brings audio to a job: waits for a slot, uploads what is not a link, creates the job once, and leaves it with the
 * tracker, which holds the slot until the job is final.
 * @throws GladiaError; the signal's reason
 */
export async function submit(client: GladiaClient, tracker: Tracker, submission: Submission): Promise<Submitted> {
  const { audio, options, signal, onStage } = submission;
  let release: (() => void) | undefined;
  try {
    release = await tracker.slots.acquire(signal, (position) => onStage?.({ status: "waiting", position }));
    let uploaded: UploadAnswer | undefined;
    if (audio.kind === "stream") {
      onStage?.({ status: "uploading", bytes: 0 });
      uploaded = await client.upload(audio, { signal, onBytes: (bytes) => onStage?.({ status: "uploading", bytes }) });
    }
    const audio_url = uploaded?.audio_url ?? (audio.kind === "link" ? audio.url : "");
    const created = await createOnce(
      client,
      { ...options, audio_url },
      {
        key: randomUUID(),
        retries: submission.retries,
        deadline: Date.now() + submission.deadline * 1000,
        signal,
      },
    );
    tracker.started(created.id, release, uploaded?.audio_metadata?.audio_duration);
    return {
      id: created.id,
      result_url: created.result_url,
      audio_url,
      audio_metadata: uploaded?.audio_metadata,
    };
  } catch (error) {
    release?.();
    throw error;
  } finally {
    if (audio.kind === "stream") await audio.close();
  }
}
