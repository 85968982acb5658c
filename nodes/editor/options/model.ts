import { migrate } from "../../../src/options/legacy";
import { isObject, mergeOptions, type Options } from "../../../src/options/merge";
import { OPTIONS, type OptionSchema } from "../../../src/options/schema";

/** Finds the description of an option, or of a field within one: `subtitles_config.formats`. */
export function schemaAt(path: string): OptionSchema {
  const [option = "", field] = path.split(".");
  const schema = field ? OPTIONS[option]?.properties?.[field] : OPTIONS[option];
  if (!schema) throw new Error(`Unknown option ${path}`);
  return schema;
}

/** Reads a value at `option` or `option.field`; whatever is in the way counts as absent. */
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

  constructor(values: unknown, account: Options = {}, preset: Options = {}) {
    this.values = isObject(values) ? structuredClone(values) : {};
    this.inherit(account, preset);
  }

  /** Takes other options to start from; tells whether they are other ones. */
  inherit(account: Options, preset: Options): boolean {
    const layers = JSON.stringify([account, preset]);
    if (layers === this.layers) return false;
    this.layers = layers;
    this.preset = preset;
    this.inherited = mergeOptions(...[account, preset].map((layer) => migrate(layer).options));
    return true;
  }

  /** Whether this node takes away what it would inherit. */
  removes(path: string): boolean {
    const [option = ""] = path.split(".");
    const isTaken = valueAt(this.values, path) === null || this.values[option] === null;
    return isTaken && valueAt(this.inherited, path) !== undefined;
  }

  /** Whether this node says anything about an option: a value of its own, or that there shall be none. */
  isOwn(path: string): boolean {
    return this.get(path) !== undefined || this.removes(path);
  }

  /** What is sent in the end, in today's shape, but for what the message adds. */
  sent(): Options {
    return mergeOptions(this.inherited, migrate(this.values).options);
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
    const [option = "", field] = path.split(".");
    if (field === undefined) assign(this.values, option, value);
    else {
      const config = isObject(this.values[option]) ? this.values[option] : {};
      assign(config, field, value);
      assign(this.values, option, Object.keys(config).length > 0 ? config : undefined);
    }
    const config = `${option}_config`;
    if (field === undefined && OPTIONS[config]?.enabledBy === option)
      this.follow(config, this.effective(option) === true);
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
    if (on && this.values[config] === undefined && this.setAside.has(config)) {
      this.values[config] = this.setAside.get(config);
    } else if (!on && this.values[config] !== undefined) {
      this.setAside.set(config, this.values[config]);
      delete this.values[config];
    }
  }
}

function assign(target: Options, key: string, value: unknown): void {
  if (value === undefined) delete target[key];
  else target[key] = value;
}
