// The help's list of options: which there are stands in the schema, what they do in the catalogue of the form.
import { build } from "esbuild";

/** The form's groups with the paths of their options, of recordings and of live sessions. */
async function readLayout() {
  const { outputFiles } = await build({
    entryPoints: ["nodes/editor/options/layout.ts"],
    bundle: true,
    format: "esm",
    charset: "utf8",
    write: false,
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

const at = (texts, path) => path.split(".").reduce((inner, name) => inner?.[name], texts);

/**
 * Gives what puts the list into a help text.
 * @returns function of the help and of the account's catalogue in the same language
 */
export async function optionHelp() {
  const { GROUPS, LIVE_GROUPS, optionKey } = await readLayout();
  return (help, { "gladia-config": texts }) => {
    const listOf = (groups) => {
      const list = groups.map(({ group, paths }) => {
        const lines = paths.map((path) => {
          const { label, hint } = at(texts, optionKey(path));
          return `- \`${path}\` – **${label}**. ${hint}`;
        });
        return `**${texts.group[group]}**\n\n${lines.join("\n")}`;
      });
      return list.join("\n\n");
    };
    return help
      .replace("<!-- options -->", () => listOf(GROUPS))
      .replace("<!-- live options -->", () => listOf(LIVE_GROUPS));
  };
}
