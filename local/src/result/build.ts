import type { JobOptions } from "../options/validate";
import type { Recognition } from "../recogniser/types";
import { type AddOns, fake, NotAvailable, type Speech } from "./addons";
import { sentencesOf } from "./sentences";
import { type AddOn, type AddOnError, failed, type SpokenUtterance, succeeded } from "./shapes";
import { speakersByChannel, speakersInTurn } from "./speakers";
import { speller } from "./spelling";
import { type SubtitlesConfig, subtitlesOf } from "./subtitles";
import { rounded, textOfWords, yieldToLoop } from "./timed";
import { type VocabularyConfig, vocabularian } from "./vocabulary";

/** What a test may force on a result, beside what was recognised. */
export interface Forced {
  addOns?: Record<string, { results: unknown } | { error: Partial<AddOnError> }>;
  withoutTranscription?: boolean;
  stringResults?: boolean;
}

/** Rewrites the recognised words as vocabulary and spelling ask. */
export async function rewrite(
  recognition: Recognition,
  options: JobOptions,
  language: string,
  breathe: () => Promise<void>,
): Promise<SpokenUtterance[]> {
  const utterances = recognition.utterances.map((utterance) => ({
    ...utterance,
    start: rounded(utterance.start),
    end: rounded(utterance.end),
    confidence: rounded(utterance.confidence),
    language,
    words: utterance.words.map((word) => ({
      word: word.word,
      start: rounded(word.start),
      end: rounded(word.end),
      confidence: rounded(word.confidence),
    })),
  }));
  utterances.sort((a, b) => a.start - b.start);
  const vocabulary = options["custom_vocabulary"] === true && (options["custom_vocabulary_config"] as VocabularyConfig);
  const spelling =
    options["custom_spelling"] === true &&
    (options["custom_spelling_config"] as { spelling_dictionary: Record<string, string[]> });
  const improve = vocabulary && vocabularian(vocabulary, breathe);
  const spell = spelling && speller(spelling.spelling_dictionary);
  for (const utterance of utterances) {
    if (improve) await improve(utterance.words);
    if (spell) spell(utterance.words);
    if (improve || spell) utterance.text = textOfWords(utterance.words);
    await breathe();
  }
  return utterances;
}

/** Runs an add-on, or takes what a test forces on it. */
export async function addOn(name: string, make: () => unknown, forced: Forced): Promise<AddOn> {
  const said = forced.addOns?.[name];
  if (said !== undefined && "error" in said)
    return failed({ status_code: 500, exception: "InternalServerError", message: `${name} failed`, ...said.error });
  const since = performance.now();
  if (said !== undefined) return succeeded(said.results, since);
  try {
    return succeeded(await make(), since);
  } catch (error) {
    if (error instanceof NotAvailable) return failed(error.reason);
    throw error;
  }
}

/** Gives utterances their speakers; the failed add-on when that cannot be done. */
function diarize(utterances: SpokenUtterance[], speech: Speech, recognition: Recognition, addOns: AddOns) {
  if (recognition.distinctChannels > 1) speakersByChannel(utterances);
  else if (addOns === fake) speakersInTurn(utterances, speech.options["diarization_config"] as object | undefined);
  else throw new NotAvailable("tell speakers apart who share a channel");
  return null;
}

/**
 * Builds a job's `result` from what was recognised and what was asked for.
 * @param recognition what the recogniser gave
 * @param options the job's checked options
 * @param addOns the makers of add-ons
 * @param transcriptionTime seconds the recogniser took
 * @param forced what a test wants otherwise
 * @returns the object the API documents under `result`
 */
export async function buildResult(
  recognition: Recognition,
  options: JobOptions,
  addOns: AddOns,
  transcriptionTime: number,
  forced: Forced = {},
): Promise<Record<string, unknown>> {
  const breathe = yieldToLoop();
  const asked = (options["language_config"] as { languages?: string[] } | undefined)?.languages ?? [];
  const language = asked.length === 0 || asked.includes("en") ? "en" : (asked[0] as string);
  const utterances = await rewrite(recognition, options, language, breathe);
  const full_transcript = utterances.map(({ text }) => text.trim()).join(" ");
  const speech: Speech = { utterances, full_transcript, options };
  const diarization =
    options["diarization"] === true
      ? await addOn("diarization", () => diarize(utterances, speech, recognition, addOns), forced)
      : undefined;
  const languages = utterances.length === 0 ? [] : [language];
  const transcription: Record<string, unknown> = { full_transcript, languages, utterances };
  const result: Record<string, unknown> = {
    metadata: {
      audio_duration: rounded(recognition.duration),
      number_of_distinct_channels: recognition.distinctChannels,
      billing_time: rounded(recognition.duration * recognition.distinctChannels),
      transcription_time: rounded(transcriptionTime),
    },
  };
  if (forced.withoutTranscription !== true) result["transcription"] = transcription;
  if (diarization?.success === false) result["diarization"] = diarization;
  if (options["subtitles"] === true)
    transcription["subtitles"] = await subtitlesOf(
      utterances,
      options["subtitles_config"] as SubtitlesConfig | undefined,
      breathe,
    );
  if (options["sentences"] === true) {
    const made = await sentencesOf(utterances, breathe);
    const sentences = await addOn("sentences", () => made, forced);
    transcription["sentences"] = [sentences];
    const texts = made.map(({ sentence }) => sentence);
    result["sentences"] = forced.stringResults && sentences.success ? { ...sentences, results: texts } : sentences;
  }
  for (const [name, make] of Object.entries(addOns)) {
    if (options[name] !== true) continue;
    const made = await addOn(name, () => make(speech), forced);
    const asString = forced.stringResults === true && name === "sentiment_analysis" && made.success;
    result[name] = asString ? { ...made, results: JSON.stringify(made.results) } : made;
  }
  return result;
}
