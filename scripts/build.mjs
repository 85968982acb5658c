// Lays out dist/ the way Node-RED looks for it: one .js and .html per node, locales and icons beside them.
import { execFileSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { build, transform } from "esbuild";
import { optionHelp } from "./option-help.mjs";
import { thirdPartyNotices } from "./third-party.mjs";

const root = join(import.meta.dirname, "..");
process.chdir(root);
const out = "dist/nodes";
const tsc = createRequire(import.meta.url)
  .resolve("typescript/package.json")
  .replace(/package\.json$/, "bin/tsc");

/** Compiles one TypeScript project; its complaints go to the terminal and end the build. */
function compile(project, ...options) {
  execFileSync(process.execPath, [tsc, "-p", project, ...options], { stdio: "inherit" });
}

const { dependencies, "node-red": nodeRed } = JSON.parse(await readFile("package.json", "utf8"));

/**
 * Puts the runtime into `dist/runtime`: a file per node and some that they share, which start faster and take less room
 * than a hundred small ones. Node-RED loads the small files in `dist/nodes`, which load a node's own when it is first
 * used. Libraries go into `dist/runtime`, too, but for those that are installed beside it (`dependencies`).
 */
async function bundleRuntime() {
  const types = (await readdir("nodes")).filter((file) => file.endsWith(".ts")).map((file) => basename(file, ".ts"));
  const { metafile, outputFiles } = await build({
    entryPoints: [...types.map((type) => `nodes/${type}.ts`), "nodes/shared/first-use.ts"],
    bundle: true,
    platform: "node",
    // Only modules are split; each part is made CommonJS below, which Node 20 loads at once.
    format: "esm",
    splitting: true,
    target: "node20",
    external: Object.keys(dependencies),
    // ws would look for native helpers that nobody has installed. Where Node has none itself, ours masks.
    define: { "process.env.WS_NO_UTF_8_VALIDATE": '"1"' },
    alias: { "mime-types": "./scripts/no-mime-types.cjs", bufferutil: "./src/live/mask.ts" },
    metafile: true,
    charset: "utf8",
    entryNames: "[name]",
    chunkNames: "shared-[hash]",
    outdir: "dist/runtime",
    write: false,
  });
  await mkdir("dist/runtime", { recursive: true });
  for (const { path, text } of outputFiles) {
    const { code } = await transform(text, {
      format: "cjs",
      platform: "node",
      target: "node20",
      // Node's own import() would find the parts' exports one level too deep.
      supported: { "dynamic-import": false },
      charset: "utf8",
      minifyWhitespace: true,
      lineLimit: 160,
    });
    await writeFile(path, code);
  }
  await writeFile("dist/THIRD-PARTY-NOTICES.txt", await thirdPartyNotices(Object.keys(metafile.inputs)));
  for (const type of types) {
    const lines = [
      '"use strict";',
      'const { registerOnFirstUse } = require("../runtime/first-use.js");',
      `module.exports = (RED) => registerOnFirstUse(RED, "${type}", () => require("../runtime/${type}.js").default);`,
    ];
    await writeFile(`${out}/${type}.js`, `${lines.join("\n")}\n`);
  }
}

/**
 * Catalogues without white space; the English one gets the error texts, which belong to the code that throws them. The
 * help of transcribe gets its list of options.
 */
async function packTexts() {
  const addOptions = await optionHelp();
  for (const language of await readdir(`${out}/locales`)) {
    const folder = `${out}/locales/${language}`;
    const account = JSON.parse(await readFile(`${folder}/gladia-config.json`, "utf8"));
    if (language === "en-US") account["gladia-config"].errors = JSON.parse(await readFile("src/texts.json", "utf8"));
    for (const file of await readdir(folder)) {
      const text = await readFile(`${folder}/${file}`, "utf8");
      const isHelp = file.endsWith(".html");
      const packed = () => JSON.stringify(file === "gladia-config.json" ? account : JSON.parse(text));
      await writeFile(`${folder}/${file}`, isHelp ? addOptions(text, account) : packed());
    }
  }
}

compile(".", "--noEmit");
compile("local");
await rm("dist", { recursive: true, force: true }); // what an older build left would be packed
await mkdir(out, { recursive: true });
await bundleRuntime();
await cp("icons", `${out}/icons`, { recursive: true });
await cp("locales", `${out}/locales`, { recursive: true });
await packTexts();

/** A script that exports nothing would be taken for CommonJS, with a wrapper around each of its modules. */
const asModules = {
  name: "as-modules",
  setup({ onLoad }) {
    onLoad({ filter: /gladia-[\w-]+\.ts$/ }, async ({ path }) => ({
      contents: `${await readFile(path, "utf8")}\nexport {};`,
      loader: "ts",
    }));
  },
};

const forms = (await readdir("nodes/editor")).filter((file) => file.endsWith(".html"));
const { outputFiles } = await build({
  entryPoints: forms.map((form) => `nodes/editor/${basename(form, ".html")}.ts`),
  bundle: true,
  format: "iife",
  target: "es2022",
  charset: "utf8",
  // Names stay: the Flow Library reads the definitions in these scripts.
  minifyWhitespace: true,
  lineLimit: 160,
  plugins: [asModules],
  outdir: out,
  write: false,
});
for (const script of outputFiles) {
  const type = basename(script.path, ".js");
  const form = await readFile(`nodes/editor/${type}.html`, "utf8");
  // The Flow Library reads the nodes' scripts, and wants them as they are; nobody reads a plugin's.
  const { code } =
    type in nodeRed.plugins ? await transform(script.text, { minify: true, charset: "utf8" }) : { code: script.text };
  await writeFile(`${out}/${type}.html`, `<script type="text/javascript">\n${code}</script>\n\n${form}`);
}
