import type { Job } from "../jobs/job";
import type { JobOptions, LiveRequest } from "../options/validate";
import type { Switches } from "./messages";
import type { LiveStreamSettings } from "./recogniser";

/** A session's add-ons by the names and at the level that a job's options have them. */
export type SessionOptions = JobOptions;

/**
 * Shorter pauses are between words, not between sentences: at the API's default of 0.05 s every word would be an
 * utterance of its own.
 */
const LEAST_ENDPOINTING = 0.3;

/** The request that a session's job was made of. */
export function requestOf({ request_params, custom_metadata }: Job): LiveRequest {
  return { ...request_params, ...(custom_metadata === null ? {} : { custom_metadata }) } as LiveRequest;
}

/** What a session asked for, in the shape of a job's options. */
export function sessionOptions(request: LiveRequest): SessionOptions {
  const { language_config, custom_metadata, realtime_processing, post_processing } = request;
  return {
    audio_url: "",
    ...(language_config === undefined ? {} : { language_config }),
    ...(custom_metadata === undefined ? {} : { custom_metadata }),
    ...realtime_processing,
    ...post_processing,
  };
}

/** What a session wants of its recogniser's stream. */
export function streamSettings(request: LiveRequest, switches: Switches): LiveStreamSettings {
  const { channels = 1, endpointing = 0.05, maximum_duration_without_endpointing = 5, language_config } = request;
  const languages = language_config?.languages ?? [];
  const language = languages.includes("en") ? "en" : languages[0];
  return {
    channels,
    endpointing: Math.max(endpointing, LEAST_ENDPOINTING),
    maximum_duration_without_endpointing,
    partials: switches.socket("partial_transcripts") || switches.callback("partial_transcripts") !== undefined,
    ...(language === undefined ? {} : { language }),
  };
}
