// What the nodes cost the editor: their dialogs, their size, and the sidebar with a thousand jobs. See ../README.md.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { goal, printGoals, printTable, readOptions, show } from "../support/figures.mjs";
import { builtPackage, nodeRedVersion } from "../support/node-red.mjs";
import { compareDialogs, dialogFlow } from "./dialogs.mjs";
import { Editor, startBrowser, startNodeRed } from "./parts.mjs";
import { sidebarFlow, watchSidebar } from "./sidebar.mjs";

const options = readOptions({ rounds: 15, only: ["size", "dialogs", "sidebar"] });
const built = builtPackage();

/** What the editor loads for our nodes when it starts, besides icons and the catalogues of one language. */
function printSize() {
  const folder = join(built, "dist/nodes");
  const pages = readdirSync(folder).filter((file) => file.endsWith(".html"));
  const sizes = pages.map((page) => statSync(join(folder, page)).size / 1024);
  const all = sizes.reduce((sum, size) => sum + size, 0);
  const rows = [["script and markup, uncompressed", "KiB"], ...pages.map((page, i) => [page, show(sizes[i], 1)])];
  printTable("What the editor loads", [...rows, ["all", show(all, 1)]]);
  goal("editor: script and markup", 120, all, " KiB");
}

if (options.only.includes("size")) printSize();
if (options.only.includes("dialogs") || options.only.includes("sidebar")) {
  const nodesDir = [built, join(import.meta.dirname, "empty")];
  const [nodeRed, browser] = await Promise.all([startNodeRed({ settings: { nodesDir } }), startBrowser()]);
  try {
    console.log(`\nNode-RED ${nodeRedVersion()}, Chromium ${browser.version()}.`);
    for (const [part, flow, measure] of [
      ["dialogs", dialogFlow, compareDialogs],
      ["sidebar", sidebarFlow, watchSidebar],
    ]) {
      if (!options.only.includes(part)) continue;
      await nodeRed.deploy(flow);
      const editor = await Editor.open(browser, nodeRed.url);
      await measure(editor, nodeRed.url, options.rounds);
      await editor.page.close();
    }
  } finally {
    await browser.close();
    await nodeRed.stop();
  }
}
printGoals();
