import { migrate } from "../../../src/options/legacy";
import { liveShape, validateLiveOptions } from "../../../src/options/live";
import { LIVE_OPTIONS } from "../../../src/options/live-schema";
import type { Options } from "../../../src/options/merge";
import { OPTIONS, type OptionSchema } from "../../../src/options/schema";
import { type Issue, validateOptions } from "../../../src/options/validate";
import { GROUPS, type Group, LIVE_GROUPS } from "./layout";

/** What options are for, and so which there are and how they are checked. */
export interface OptionKind {
  schemas: Record<string, OptionSchema>;
  groups: readonly Group[];
  /**
   * Brings options into the shape that is sent.
   * @param inherited they are the account's, or a preset's
   */
  shape(layer: Options, inherited: boolean): { options: Options; old: string[] };
  validate(options: Options, also: { unknown: ReadonlySet<string> }): Issue[];
}

export const RECORDED: OptionKind = { schemas: OPTIONS, groups: GROUPS, shape: migrate, validate: validateOptions };

export const LIVE: OptionKind = {
  schemas: LIVE_OPTIONS,
  groups: LIVE_GROUPS,
  shape: liveShape,
  validate: validateLiveOptions,
};
