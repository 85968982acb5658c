import type { Options } from "./merge";

/** Something that the API takes but that does not do what it seems to, and the option where to say it. */
export interface Advice {
  key: "switching-alone" | "switching-one" | "model-switching" | "model-language";
  at: string;
}

/** The languages of the model solaria-3, by Gladia's page on models. */
const SOLARIA_3 = ["en", "fr", "de", "es", "it"];

/** What can be said about a valid set of options before anything is paid for. */
export function adviseOptions(options: Options): Advice[] {
  const config = (options["language_config"] ?? {}) as Options;
  const languages = Array.isArray(config["languages"]) ? config["languages"] : [];
  const small = options["model"] === "solaria-3";
  const advice: Advice[] = [];
  if (config["code_switching"] === true) {
    const key = small ? "model-switching" : languages.length === 0 ? "switching-alone" : "switching-one";
    if (small || languages.length < 2) advice.push({ key, at: "language_config.code_switching" });
  }
  if (small && languages.length > 0 && !languages.every((code) => SOLARIA_3.includes(code))) {
    advice.push({ key: "model-language", at: "language_config.languages" });
  }
  return advice;
}
