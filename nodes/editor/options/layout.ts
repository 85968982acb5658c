import { LIVE_OPTIONS } from "../../../src/options/live-schema";
import { OPTIONS, type OptionGroup, type OptionSchema } from "../../../src/options/schema";

export interface Group {
  group: OptionGroup;
  icon: string;
  paths: readonly string[];
}

/** The groups of the form in their order, with their icons. */
const ICONS: Record<OptionGroup, string> = {
  language: "fa-language",
  speech: "fa-commenting-o",
  speakers: "fa-users",
  output: "fa-align-left",
  subtitles: "fa-cc",
  translation: "fa-globe",
  understanding: "fa-lightbulb-o",
  vocabulary: "fa-book",
  privacy: "fa-user-secret",
  messages: "fa-bell-o",
};

/** Every option that has a group, or lies in one that has, with the fields within it. */
function pathsOf(schemas: Record<string, OptionSchema>, prefix = "", outer?: OptionGroup): [OptionGroup, string][] {
  return Object.entries(schemas).flatMap(([name, { properties, group = outer }]) => {
    if (properties) return pathsOf(properties, `${prefix}${name}.`, group);
    return group ? [[group, prefix + name] as [OptionGroup, string]] : [];
  });
}

function groupsOf(schemas: Record<string, OptionSchema>): readonly Group[] {
  const all = pathsOf(schemas);
  return Object.entries(ICONS)
    .map(([group, icon]) => ({
      group: group as OptionGroup,
      icon,
      paths: all.filter(([of]) => of === group).map(([, path]) => path),
    }))
    .filter(({ paths }) => paths.length > 0);
}

/** What the form offers for recordings, and for live sessions, by group. */
export const GROUPS = groupsOf(OPTIONS);
export const LIVE_GROUPS = groupsOf(LIVE_OPTIONS);

/** Where the catalogue has the texts of an option: those of live sessions that recordings have, too, are called the same. */
export const optionKey = (path: string): string => `option.${path.replace(/^(realtime|post)_processing\./, "")}`;
