import { UnreadableAudio } from "../recogniser/types";

/** Longest audio that the API takes, whatever the plan. Seconds. */
export const MOST_SECONDS = 255 * 60;
/** More channels than any recorder of speech makes. */
const MOST_CHANNELS = 8;
/** Samples per second: below there is no speech left, above there is no recorder. Hz. */
const LOWEST_RATE = 4_000;
const HIGHEST_RATE = 768_000;

/** What a file says of its sound, as far as it is known: seconds, a number, Hz. */
export interface Said {
  duration?: number;
  channels?: number;
  rate?: number;
}

/**
 * Refuses sound that would cost time and memory out of proportion, by what is said of it and before it is decoded.
 * @throws UnreadableAudio
 */
export function checkLimits({ duration = 0, channels, rate }: Said): void {
  if (channels === 0) throw new UnreadableAudio("The file is broken: it says that its sound has no channels.");
  if (channels !== undefined && channels > MOST_CHANNELS)
    throw new UnreadableAudio(`The file has ${channels} channels; at most ${MOST_CHANNELS} are read.`, 422);
  if (rate !== undefined && !(rate >= LOWEST_RATE && rate <= HIGHEST_RATE))
    throw new UnreadableAudio(`The file says it has ${rate} samples per second; 4,000 to 768,000 are read.`);
  if (duration > MOST_SECONDS)
    throw new UnreadableAudio(`The audio lasts longer than ${MOST_SECONDS / 60} minutes, the most that is read.`);
}
