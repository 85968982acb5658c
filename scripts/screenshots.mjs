// Takes the pictures in docs/ from the built package: node scripts/screenshots.mjs
// NODE_RED names a folder with a Node-RED 5, which has a dark theme: a few pictures of it go beside as *-dark.png.
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(import.meta.url);
require("tsx/cjs");
const { startBrowser } = require("../test/support/browser.ts");
const { DebugSidebar } = require("../test/support/debug.ts");
const { Editor } = require("../test/support/editor.ts");
const { startEngine, wav } = require("../test/support/engine.ts");
const { allExamples, EXAMPLES } = require("../test/support/examples.ts");
const { startNodeRed } = require("../test/support/node-red-process.ts");

const folder = join(import.meta.dirname, "..", "docs");
const dark = process.env.NODE_RED !== undefined;
const alsoDark = ["flow", "options", "account"];
const [engine, nodeRed, browser] = await Promise.all([startEngine(), startNodeRed(), startBrowser()]);
const nodes = allExamples({ apiUrl: engine.url, credentials: { apiKey: "key" } });
const find = (file, type) => EXAMPLES.get(file).find((node) => node.type === type).id;
const transcribe = find("2 transcribe a link.json", "gladia-transcribe");
const account = find("2 transcribe a link.json", "gladia-config");

async function open(options) {
  const editor = await Editor.open(browser, nodeRed.url, options);
  if (dark) await editor.page.evaluate("document.documentElement.classList.add('nr-theme-dark')");
  await editor.page.evaluate("RED.sidebar.show('debug')");
  return editor;
}

/** A picture of a part of the page, or of all of it. */
async function take({ page }, name, part = page) {
  if (dark && !alsoDark.includes(name)) return;
  await page.mouse.move(0, 0);
  await part.screenshot({ path: join(folder, `${name}${dark ? "-dark" : ""}.png`) });
}

/** A dialog as it opens, after what `act` does in it. */
async function dialog(editor, name, id, act = async () => {}) {
  const tray = await (id === account ? editor.openAccount(id) : editor.openNode(id));
  await act(tray);
  await take(editor, name, tray);
  await tray.locator("#node-dialog-cancel, #node-config-dialog-cancel").click();
  await tray.waitFor({ state: "detached" });
}

/** One example at work: its text in the debug sidebar, its nodes in the palette. */
async function flow(file, inject, result) {
  const example = nodes.filter(
    ({ id, type }) => type === "gladia-config" || EXAMPLES.get(file).some((n) => n.id === id),
  );
  await nodeRed.deploy(example);
  const editor = await open({ width: 1240, height: 620 });
  const sidebar = await DebugSidebar.open(nodeRed.url);
  await fetch(`${nodeRed.url}inject/${example.find((node) => node.name === inject).id}`, { method: "POST" });
  await sidebar.next(result);
  sidebar.close();
  await editor.page.locator(".red-ui-palette-node[data-palette-type=gladia-upload]").scrollIntoViewIfNeeded();
  await editor.page.waitForTimeout(600);
  await take(editor, "flow");
  await editor.page.close();
}

try {
  await mkdir(folder, { recursive: true });
  await writeFile(join(nodeRed.userDir, "recording.wav"), wav(6));
  engine.control.script({ text: "The amiable woman was not at all what he had expected.", processing: 300 });
  await flow("1 transcribe a file.json", "recording.wav", "the text");
  await nodeRed.deploy(nodes);

  const editor = await open({ width: 1240, height: 1000 });
  await dialog(editor, "upload", find("3 three steps.json", "gladia-upload"));
  await dialog(editor, "get-result", find("3 three steps.json", "gladia-get-result"));
  await dialog(editor, "transcribe", transcribe);
  await dialog(editor, "options", transcribe, async (tray) => {
    await editor.openGroup("language");
    await editor.option("language_config.languages").fill("fr");
    await editor.option("language_config.languages").press("Enter");
    await editor.option("language_config.languages").fill("ger");
    await tray.locator("#gladia-options").evaluate((element) => element.scrollIntoView());
  });
  await dialog(editor, "json", transcribe, async (tray) => {
    await tray.getByRole("tab", { name: "JSON" }).click();
    await tray.locator(".monaco-editor .view-line").first().waitFor();
  });
  await dialog(editor, "account", account, async (tray) => {
    await tray.locator("#gladia-test-button").click();
    await tray.locator("#gladia-test-result.gladia-ok").waitFor();
  });
  for (const tab of ["Options", "Limits", "Callbacks"]) {
    await dialog(editor, `account-${tab.toLowerCase()}`, account, () => editor.openTab(tab));
  }
  await editor.page.evaluate("RED.sidebar.help.show('gladia-transcribe')");
  await editor.page.waitForTimeout(500);
  await take(editor, "help", editor.page.locator("#red-ui-sidebar"));
  await editor.page.close();

  const french = await open({ width: 1240, height: 1000, locale: "fr" });
  await dialog(french, "transcribe-fr", transcribe, (tray) =>
    tray.locator("#gladia-options").evaluate((element) => element.scrollIntoView()),
  );
  await dialog(french, "account-fr", account);
  await french.page.close();
} finally {
  await browser.close();
  await nodeRed.stop();
  await engine.close();
}
