import { OPTIONS, type OptionGroup } from "../../../src/options/schema";

export interface Group {
  group: OptionGroup;
  icon: string;
  paths: readonly string[];
}

/** The groups of the form in their order, with their icons. */
const ICONS: Record<OptionGroup, string> = {
  language: "fa-language",
  speech: "fa-microphone",
  speakers: "fa-users",
  output: "fa-align-left",
  subtitles: "fa-cc",
  translation: "fa-globe",
  understanding: "fa-lightbulb-o",
  vocabulary: "fa-book",
  privacy: "fa-user-secret",
  messages: "fa-comments-o",
};

/** What the form offers, by group: every option that has one, and every field within it. */
export const GROUPS: readonly Group[] = Object.entries(ICONS)
  .map(([group, icon]) => ({
    group: group as OptionGroup,
    icon,
    paths: Object.entries(OPTIONS)
      .filter(([, schema]) => schema.group === group)
      .flatMap(([name, { properties }]) =>
        properties ? Object.keys(properties).map((field) => `${name}.${field}`) : [name],
      ),
  }))
  .filter(({ paths }) => paths.length > 0);
