// Takes a picture of each example and recipe as it stands in the editor: node scripts/recipe-pictures.mjs
// They go to docs/flows/, and docs/recipes.md shows them.
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(import.meta.url);
require("tsx/cjs");
const { startBrowser } = require("../test/support/browser.ts");
const { Editor } = require("../test/support/editor.ts");
const { EXAMPLES } = require("../test/support/examples.ts");
const { startNodeRed } = require("../test/support/node-red-process.ts");
const { linkOthers, pictureOf, RECIPES } = require("../test/support/recipes.ts");

const folder = join(import.meta.dirname, "..", "docs", "flows");
const MARGIN = 24;

const [nodeRed, browser] = await Promise.all([startNodeRed({ prepare: linkOthers }), startBrowser()]);
try {
  await mkdir(folder, { recursive: true });
  const editor = await Editor.open(browser, nodeRed.url, { width: 1900, height: 900 });
  const { page } = editor;
  const shown = [...RECIPES, ...[...EXAMPLES].map(([file, flow]) => [file.slice(0, -".json".length), flow])];
  for (const [name, flow] of shown) {
    const stopped = flow.map((node) => (node.type === "tab" ? { ...node, disabled: true } : node));
    await nodeRed.deploy(stopped);
    await editor.load(nodeRed.url);
    // The flow is shown as it runs; it is stopped only so that nothing goes out while the picture is taken.
    await page.addStyleTag({
      content:
        ".red-ui-workspace-disabled, .red-ui-flow-node-disabled, .red-ui-flow-link { opacity: 1 !important } .red-ui-flow-link * { stroke-dasharray: none !important } .red-ui-flow-node { stroke-dasharray: none !important; fill-opacity: 1 !important } .red-ui-notification { display: none !important }",
    });
    const tab = flow.find(({ type }) => type === "tab").id;
    await page.evaluate(`RED.workspaces.show("${tab}"); RED.sidebar.hide?.(); RED.view.focus()`);
    await page.waitForTimeout(500);
    const box = await page.evaluate(`(() => {
      const boxes = [...document.querySelectorAll(".red-ui-flow-node-group, .red-ui-flow-port")].map((node) => node.getBoundingClientRect());
      const left = Math.min(...boxes.map((b) => b.left)), top = Math.min(...boxes.map((b) => b.top));
      return { x: left, y: top, right: Math.max(...boxes.map((b) => b.right)), bottom: Math.max(...boxes.map((b) => b.bottom)) };
    })()`);
    const clip = {
      x: box.x - MARGIN,
      y: box.y - MARGIN,
      width: box.right - box.x + 2 * MARGIN,
      height: box.bottom - box.y + 2 * MARGIN,
    };
    await writeFile(join(folder, pictureOf(name)), await page.screenshot({ clip }));
  }
} finally {
  await browser.close();
  await nodeRed.stop();
}
