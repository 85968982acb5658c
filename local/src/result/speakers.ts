import type { SpokenUtterance } from "./shapes";

/**
 * Numbers the speakers by their channel, in the order in which they are first heard.
 * @param utterances in the order of their start; changed in place
 */
export function speakersByChannel(utterances: SpokenUtterance[]): void {
  const seen = new Map<number, number>();
  for (const utterance of utterances) {
    const speaker = seen.get(utterance.channel) ?? seen.size;
    seen.set(utterance.channel, speaker);
    utterance.speaker = speaker;
  }
}

/**
 * Gives the utterances of one channel to the speakers in turn, for tests.
 * @param utterances changed in place
 * @param config `diarization_config`; without a number there are two speakers
 */
export function speakersInTurn(
  utterances: SpokenUtterance[],
  config: { number_of_speakers?: number; min_speakers?: number } = {},
): void {
  const count = config.number_of_speakers ?? Math.max(config.min_speakers ?? 0, 2);
  for (const [index, utterance] of utterances.entries()) utterance.speaker = index % count;
}
