import type { Node, NodeAPI } from "node-red";
import { GladiaError } from "../../src/errors";
import type { Format, FormatSettings } from "../../src/format";
import { HEADINGS, type Headings } from "../../src/format/markdown";
import { isObject } from "../../src/options/merge";
import { named, numberSetting, textSetting } from "../account/settings";
import { labelOf } from "../shared/texts";
import type { Message } from "./message";
import { evaluate } from "./property";

/** The form of gladia-format as a flow keeps it. */
export interface FormatFields {
  language?: string;
  speakers?: unknown;
  wordTimes?: boolean;
  maxChars?: string | number;
  maxLines?: string | number;
  minSeconds?: string | number;
  maxSeconds?: string | number;
  from?: string;
  fromType?: string;
  to?: string;
  toType?: string;
  phrase?: string;
  phraseType?: string;
}

/**
 * What a node was told about a format, for one message.
 * @throws GladiaError GLADIA_CONFIG
 */
export async function formatSettings(
  RED: NodeAPI,
  node: Node,
  def: FormatFields,
  msg: Message & { speakers?: unknown },
  form: Format,
): Promise<FormatSettings> {
  const number = (name: "maxChars" | "maxLines" | "minSeconds" | "maxSeconds", min: number, whole: boolean) =>
    numberSetting(RED, node, name, def[name], undefined, { min, whole });
  const layout = {
    maxChars: number("maxChars", 1, true),
    maxLines: number("maxLines", 1, true),
    minSeconds: number("minSeconds", 0, false),
    maxSeconds: number("maxSeconds", 0.2, false),
  };
  const value = (name: "from" | "to" | "phrase") =>
    def[name] ? evaluate(RED, node, def[name], def[`${name}Type`] || "str", msg) : undefined;
  const time = async (name: "from" | "to") => secondsOf(await value(name), () => named(RED, node, name));
  return {
    language: textSetting(RED, node, "language", def.language),
    speakers: { ...namesIn(def.speakers), ...namesIn(msg.speakers) },
    wordTimes: def.wordTimes === true,
    layout: Object.fromEntries(Object.entries(layout).filter(([, value]) => value !== undefined)),
    ...(form === "markdown" ? { headings: headings(RED) } : {}),
    ...(form === "words" ? times(await time("from"), await time("to")) : {}),
    ...(form === "find" ? { phrase: String((await value("phrase")) ?? "") } : {}),
  };
}

const times = (from: number | undefined, to: number | undefined): FormatSettings => ({
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
});

/** Names of speakers in an object or a list; what is no name is left out. */
function namesIn(value: unknown): Record<string, string> {
  if (!isObject(value) && !Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value).filter(([, name]) => typeof name === "string" && name.trim() !== ""));
}

/** The headings of minutes in the language of Node-RED's server. */
function headings(RED: NodeAPI): Headings {
  const found = Object.entries(HEADINGS).map(([name, english]) => {
    const key = `heading-${name}`;
    const label = labelOf(RED, "gladia-format", key);
    return [name, label === key ? english : label] as const;
  });
  return Object.fromEntries(found) as unknown as Headings;
}

/** Seconds, from a number or a text such as `12.5` or `1:02:03`; undefined where there is nothing. @throws GladiaError */
function secondsOf(value: unknown, field: () => ReturnType<typeof named>): number | undefined {
  const text = String(value ?? "").trim();
  if (text === "") return undefined;
  const found = /^(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d+)?)$/.exec(text);
  if (!found) throw new GladiaError("GLADIA_CONFIG", "format-time", { field: field(), value: text.slice(0, 80) });
  const [, hours = "0", minutes = "0", seconds = "0"] = found;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds.replace(",", "."));
}
