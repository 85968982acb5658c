import { isObject, type Options } from "./merge";

/** Old language codes and their present ones (API reference, languages). */
const CODES: ReadonlyMap<unknown, string> = new Map([
  ["jp", "ja"],
  ["jv", "jw"],
  ["mymr", "my"],
]);

/** Flags that the API no longer knows; what they did is always on, gone, or done by `audio_to_llm`. */
const GONE = [
  "diarization_enhanced",
  "accurate_words_timestamps",
  "moderation",
  "name_consistency",
  "display_mode",
  "structured_data_extraction",
  "structured_data_extraction_config",
  "chapterization",
  "speaker_reidentification",
  "audio_enhancer",
  "context_prompt",
];

/** V1 names of plain values, and where they went. */
const RENAMED: Record<string, string[]> = {
  toggle_diarization: ["diarization"],
  diarization_num_speakers: ["diarization_config", "number_of_speakers"],
  diarization_min_speakers: ["diarization_config", "min_speakers"],
  diarization_max_speakers: ["diarization_config", "max_speakers"],
  toggle_direct_translate: ["translation"],
};

/**
 * Puts options of earlier API versions into today's shape (Gladia's migration pages and OpenAPI document of 2024).
 * @returns the options in today's shape, and the old names that were found
 */
export function migrate(given: Options): { options: Options; old: string[] } {
  const options: Options = { ...given };
  const old: string[] = [];
  const take = (name: string): unknown => {
    const value = options[name];
    if (name in options) old.push(name);
    delete options[name];
    return value;
  };
  const into = (name: string, fields: Options) => {
    const present = options[name];
    options[name] = { ...fields, ...(isObject(present) ? present : {}) };
  };

  languages(options, take, into);
  callback(take, into, options);
  for (const [name, [target = "", field]] of Object.entries(RENAMED)) {
    if (!(name in options)) continue;
    const value = take(name);
    if (field) into(target, { [field]: value });
    else options[target] ??= value;
  }
  if (Array.isArray(options["custom_vocabulary"])) {
    const vocabulary = take("custom_vocabulary");
    options["custom_vocabulary"] = true;
    into("custom_vocabulary_config", { vocabulary });
  }
  prompts(options, take, into);
  for (const name of GONE) take(name);
  const { diarization_config: speakers, subtitles_config: subtitles } = options;
  if (isObject(speakers) && "enhanced" in speakers) {
    const { enhanced: _, ...rest } = speakers;
    options["diarization_config"] = rest;
    old.push("diarization_config.enhanced");
  }
  if (isObject(subtitles) && Array.isArray(subtitles["formats"]) && subtitles["formats"].includes("ass")) {
    options["subtitles_config"] = { ...subtitles, formats: subtitles["formats"].filter((format) => format !== "ass") };
    old.push("subtitles_config.formats: ass");
  }
  return { options: codes(options, old), old: [...new Set(old)] };
}

type Take = (name: string) => unknown;
type Into = (name: string, fields: Options) => void;

/** `language` counted only when detection was off; a list for code switching named the candidates. */
function languages(options: Options, take: Take, into: Into): void {
  const names = ["detect_language", "language", "enable_code_switching", "code_switching_config"];
  if (!names.some((name) => name in options)) return;
  const [detect, language, switching, config] = names.map(take);
  const candidates = isObject(config) && Array.isArray(config["languages"]) ? config["languages"] : [];
  const fields: Options = {};
  if (candidates.length > 0) fields["languages"] = candidates;
  else if (typeof language === "string" && detect !== true) fields["languages"] = [language];
  else if (detect !== undefined) fields["languages"] = [];
  if (switching !== undefined && switching !== null) fields["code_switching"] = switching;
  into("language_config", fields);
}

function callback(take: Take, into: Into, options: Options): void {
  for (const name of ["callback_url", "webhook_url"]) {
    if (!(name in options)) continue;
    const url = take(name);
    if (url === null) continue;
    options["callback"] ??= true;
    into("callback_config", { url, method: "POST" });
  }
}

function prompts(options: Options, take: Take, into: Into): void {
  for (const name of ["custom_prompt", "custom_prompts", "custom_prompts_config"]) {
    if (!(name in options)) continue;
    const value = take(name);
    const list = isObject(value) ? value["prompts"] : typeof value === "string" ? [value] : value;
    if (Array.isArray(list) && list.length > 0) {
      options["audio_to_llm"] ??= true;
      into("audio_to_llm_config", { prompts: list });
    }
  }
}

function codes(options: Options, old: string[]): Options {
  const fix = (list: unknown): unknown =>
    Array.isArray(list)
      ? list.map((code) => {
          const today = CODES.get(code);
          if (today) old.push(String(code));
          return today ?? code;
        })
      : list;
  const result = { ...options };
  for (const [name, field] of [
    ["language_config", "languages"],
    ["translation_config", "target_languages"],
  ] as const) {
    const config = result[name];
    if (isObject(config) && field in config) result[name] = { ...config, [field]: fix(config[field]) };
  }
  return result;
}
