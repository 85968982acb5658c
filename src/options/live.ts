import { migrate } from "./legacy";
import { LIVE_OPTIONS } from "./live-schema";
import { isObject, type Options } from "./merge";
import { OPTIONS } from "./schema";
import { type Issue, validateOptions } from "./validate";

/** Where the options of recordings that live sessions have, too, stand in a session. */
const PLACES: ReadonlyMap<string, string> = new Map(
  ["realtime_processing", "post_processing"].flatMap((place) =>
    Object.keys(LIVE_OPTIONS[place]?.properties ?? {}).map((name) => [name, place] as const),
  ),
);

/** What the audio's format says: an option that says otherwise would make noise of the audio. */
const FORMAT = ["encoding", "bit_depth", "sample_rate", "channels"];

/** Of recordings' options, those of the same name that mean another thing, or that sessions have their own of. */
const OTHERS = new Set(["model", "callback", "callback_config"]);

/**
 * Options in the shape of a live session: those of recordings go where sessions have them.
 * @param inherited the layer was made for recordings (the account's, a preset): what sessions have not is left out of it
 * @returns the options, names in an older shape, and the names that were left out
 */
export function liveShape(layer: Options, inherited: boolean): { options: Options; old: string[]; left: string[] } {
  const { options: today, old } = migrate(layer);
  const options: Options = {};
  const left: string[] = [];
  for (const [name, value] of Object.entries(today)) {
    if (name === "__proto__") continue;
    const place = PLACES.get(name);
    if (place !== undefined) {
      const under = options[place];
      options[place] = { ...(isObject(under) ? under : {}), [name]: value };
    } else if (inherited && (OTHERS.has(name) || FORMAT.includes(name) || (OPTIONS[name] && !LIVE_OPTIONS[name]))) {
      left.push(name);
    } else if (name in LIVE_OPTIONS && isObject(value) && isObject(options[name])) {
      options[name] = { ...options[name], ...value };
    } else options[name] = value;
  }
  return { options, old, left };
}

/** Options of a live session in the shape of recordings; what only sessions have is left out. */
export function recordedShape({ realtime_processing, post_processing, ...rest }: Options): Options {
  const all = { ...rest, ...(realtime_processing as object), ...(post_processing as object) };
  const isKept = ([name]: [string, unknown]) => (OPTIONS[name] ? !OTHERS.has(name) : !LIVE_OPTIONS[name]);
  return Object.fromEntries(Object.entries(all).filter(isKept));
}

/** Everything that is wrong with the options of a live session before it is asked for; empty when nothing is. */
export function validateLiveOptions(options: Options, { unknown }: { unknown: ReadonlySet<string> }): Issue[] {
  const rest: Options = {};
  const faults: Issue[] = [];
  for (const [name, value] of Object.entries(options)) {
    if (FORMAT.includes(name)) faults.push({ key: "option-live-format", params: { option: name } });
    else if (OPTIONS[name] && !LIVE_OPTIONS[name]) faults.push({ key: "option-not-live", params: { option: name } });
    else rest[name] = value;
  }
  return [...faults, ...validateOptions(rest, { unknown, schemas: LIVE_OPTIONS })];
}
