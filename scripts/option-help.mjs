// The help's list of options: which there are stands in the schema, what they do in the catalogue of the form.
import { build } from "esbuild";

/** Where the list goes in the help of a node. */
const PLACE = "<!-- options -->";

/** The form's groups with the paths of their options. */
async function readGroups() {
  const { outputFiles } = await build({
    entryPoints: ["nodes/editor/options/layout.ts"],
    bundle: true,
    format: "esm",
    charset: "utf8",
    write: false,
  });
  const { GROUPS } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  return GROUPS;
}

const at = (texts, path) => path.split(".").reduce((inner, name) => inner?.[name], texts);

/**
 * Gives what puts the list into a help text.
 * @returns function of the help and of the account's catalogue in the same language
 */
export async function optionHelp() {
  const groups = await readGroups();
  return (help, { "gladia-config": texts }) => {
    const list = groups.map(({ group, paths }) => {
      const lines = paths.map((path) => {
        const { label, hint } = at(texts.option, path);
        return `- \`${path}\` – **${label}**. ${hint}`;
      });
      return `**${texts.group[group]}**\n\n${lines.join("\n")}`;
    });
    return help.replace(PLACE, () => list.join("\n\n"));
  };
}
