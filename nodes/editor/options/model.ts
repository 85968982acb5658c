import { LIVE_OPTIONS } from "../../../src/options/live-schema";
import { isObject, mergeOptions, type Options } from "../../../src/options/merge";
import { OPTIONS, type OptionSchema } from "../../../src/options/schema";
import { type OptionKind, RECORDED } from "./kind";

/** Of all kinds; those of the same name are the same. */
const ALL: OptionSchema = { type: "object", properties: { ...LIVE_OPTIONS, ...OPTIONS } };

/** Finds the description of an option, or of a field within one: `subtitles_config.formats`; undefined for no option. */
export function findSchema(path: string): OptionSchema | undefined {
  return path.split(".").reduce<OptionSchema | undefined>((schema, name) => schema?.properties?.[name], ALL);
}

/** The same of an option that there is. */
export function schemaAt(path: string): OptionSchema {
  const schema = findSchema(path);
  if (!schema) throw new Error(`Unknown option ${path}`);
  return schema;
}

/** The option that a configuration belongs to, by the path of one of its fields: that of `subtitles_config.formats` is `subtitles`. */
export function enabledBy(path: string): string | undefined {
  const config = path.slice(0, Math.max(0, path.lastIndexOf(".")));
  const flag = findSchema(config)?.enabledBy;
  return flag && config.slice(0, config.lastIndexOf(".") + 1) + flag;
}

/** Reads a value at `option` or `option.field` and deeper; whatever is in the way counts as absent. */
export function valueAt(values: Options, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), values);
}

/**
 * The options of one node while its dialog is open. A field writes only when someone changes it, so whatever no field
 * shows stays as it was.
 */
export class OptionModel {
  private values: Options;
  /** What holds without this node: the account's options under those of the preset. */
  inherited: Options = {};
  preset: Options = {};
  private layers = "";
  private readonly setAside = new Map<string, unknown>();

  constructor(
    values: unknown,
    account: Options = {},
    preset: Options = {},
    readonly kind: OptionKind = RECORDED,
  ) {
    this.values = isObject(values) ? structuredClone(values) : {};
    this.inherit(account, preset);
  }

  /** Takes other options to start from; tells whether they are other ones. */
  inherit(account: Options, preset: Options): boolean {
    const layers = JSON.stringify([account, preset]);
    if (layers === this.layers) return false;
    this.layers = layers;
    this.preset = this.kind.shape(preset, true).options;
    this.inherited = mergeOptions(this.kind.shape(account, true).options, this.preset);
    return true;
  }

  /** Whether this node takes away what it would inherit. */
  removes(path: string): boolean {
    const names = path.split(".");
    const isTaken = names.some((_, i) => valueAt(this.values, names.slice(0, i + 1).join(".")) === null);
    return isTaken && valueAt(this.inherited, path) !== undefined;
  }

  /** Whether this node says anything about an option: a value of its own, or that there shall be none. */
  isOwn(path: string): boolean {
    return this.get(path) !== undefined || this.removes(path);
  }

  /** What is sent in the end, in today's shape, but for what the message adds. */
  sent(): Options {
    return mergeOptions(this.inherited, this.kind.shape(this.values, false).options);
  }

  /** What this node itself sets. */
  get(path: string): unknown {
    return valueAt(this.values, path) ?? undefined;
  }

  /** What holds in the end, by this node or by its account; a `null` of the node removes what the account sets. */
  effective(path: string): unknown {
    return valueAt(mergeOptions(this.inherited, this.values), path);
  }

  /** Sets a value, or takes it away with `undefined`; a configuration left empty goes too. */
  set(path: string, value: unknown): void {
    assign(this.values, path.split("."), value);
    const config = `${path}_config`;
    if (findSchema(config)?.enabledBy) this.follow(config, this.effective(path) === true);
  }

  /** The whole object, to be kept in the flow. */
  all(): Options {
    return structuredClone(this.values);
  }

  /** Replaces the whole object. */
  replace(values: Options): void {
    this.values = structuredClone(values);
    this.setAside.clear();
  }

  /** A configuration without its flag would only confuse: it leaves with the flag, and returns with it. */
  private follow(config: string, on: boolean): void {
    const own = valueAt(this.values, config);
    if (on && own === undefined && this.setAside.has(config)) {
      assign(this.values, config.split("."), this.setAside.get(config));
    } else if (!on && own !== undefined) {
      this.setAside.set(config, own);
      assign(this.values, config.split("."), undefined);
    }
  }
}

/** Sets what lies at a path; an object on the way that is left empty goes, too. */
function assign(target: Options, [name = "", ...rest]: readonly string[], value: unknown): void {
  let next = value;
  if (rest.length > 0) {
    const inner = isObject(target[name]) ? target[name] : {};
    assign(inner, rest, value);
    next = Object.keys(inner).length > 0 ? inner : undefined;
  }
  if (next === undefined) delete target[name];
  else target[name] = next;
}
