// Lays out dist/ the way Node-RED looks for it: one .js and .html per node, locales and icons beside them.
import { execFileSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { build, transform } from "esbuild";

const root = join(import.meta.dirname, "..");
process.chdir(root);
const out = "dist/nodes";
const tsc = createRequire(import.meta.url)
  .resolve("typescript/package.json")
  .replace(/package\.json$/, "bin/tsc");

/** Compiles one TypeScript project; its complaints go to the terminal and end the build. */
function compile(project) {
  execFileSync(process.execPath, [tsc, "-p", project], { stdio: "inherit" });
}

/** The English error texts belong to the code that throws them; the catalogue gets them from there. */
async function addErrorTexts(file) {
  const catalogue = JSON.parse(await readFile(file, "utf8"));
  catalogue["gladia-config"].errors = JSON.parse(await readFile("src/texts.json", "utf8"));
  await writeFile(file, JSON.stringify(catalogue, null, 2));
}

compile(".");
compile("local");
await mkdir(out, { recursive: true });
await cp("icons", `${out}/icons`, { recursive: true });
await cp("locales", `${out}/locales`, { recursive: true });
await addErrorTexts(`${out}/locales/en-US/gladia-config.json`);

const forms = (await readdir("nodes/editor")).filter((file) => file.endsWith(".html"));
const { outputFiles } = await build({
  entryPoints: forms.map((form) => `nodes/editor/${basename(form, ".html")}.ts`),
  bundle: true,
  format: "iife",
  target: "es2022",
  charset: "utf8",
  outdir: out,
  write: false,
});
const { plugins } = JSON.parse(await readFile("package.json", "utf8"))["node-red"];
for (const script of outputFiles) {
  const type = basename(script.path, ".js");
  const form = await readFile(`nodes/editor/${type}.html`, "utf8");
  // The Flow Library reads the nodes' scripts, and wants them as they are; nobody reads a plugin's.
  const { code } =
    type in plugins ? await transform(script.text, { minify: true, charset: "utf8" }) : { code: script.text };
  await writeFile(`${out}/${type}.html`, `<script type="text/javascript">\n${code}</script>\n\n${form}`);
}
