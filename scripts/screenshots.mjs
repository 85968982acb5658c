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
const alsoDark = ["flow", "options", "account", "sidebar", "transcript", "try-it", "wyoming", "wyoming-fr"];
alsoDark.push("live", "live-fr", "format", "jobs");
const [engine, nodeRed, browser] = await Promise.all([startEngine(), startNodeRed(), startBrowser()]);
const nodes = allExamples({ apiUrl: engine.url, credentials: { apiKey: "key" } });
const find = (file, type) => EXAMPLES.get(file).find((node) => node.type === type).id;
const transcribe = find("2 transcribe a link.json", "gladia-transcribe");
const wyoming = find("9 Home Assistant speech to text.json", "gladia-wyoming");
const account = find("2 transcribe a link.json", "gladia-config");

/** Nodes that no example has. */
const more = [
  { id: "shown", type: "tab", label: "Shown" },
  ...["live", "jobs", "format"].map((name, i) => ({
    ...{ id: `shown-${name}`, type: `gladia-${name}`, z: "shown", x: 200, y: 80 + i * 60, config: account, wires: [[]] },
    ...(name === "live" ? { wires: [[], [], []] } : {}),
    ...(name === "format" ? { format: "srt" } : {}),
  })),
];

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

/** Some jobs in the sidebar, one of them open; then a clip tried in the dialog. */
async function sidebar() {
  const files = ["lecture.wav", "interview.wav", "broken.wav", "voicemail.wav"];
  for (const [i, file] of files.entries()) await writeFile(join(nodeRed.userDir, file), wav(6 + i * 9, i + 3));
  const words = (text, start) => text.split(" ").map((word, i) => [` ${word}`, start + i / 3]);
  const lines = [
    ["Good morning, and thank you for coming.", 0, 0.4],
    ["With pleasure. Where shall we begin?", 1, 3.2],
    ["At the beginning: how did you come to work with sound?", 0, 5.6],
  ];
  const utterances = lines.map(([text, channel, start]) => {
    const spoken = words(text, start).map(([word, at]) => ({ word, start: at, end: at + 0.3, confidence: 0.9 }));
    return { text, channel, start, end: spoken.at(-1).end, language: "en", confidence: 0.9, words: spoken };
  });
  engine.control.script({ match: { filename: "interview.wav" }, utterances, processing: 300 });
  engine.control.script({ match: { filename: "broken.wav" }, error: { code: 422 } });
  engine.control.script({ match: { filename: "lecture.wav" }, processing: 60_000 });
  const place = { z: "shown", x: 140, props: [{ p: "payload" }], payloadType: "str", wires: [["shown-node"]] };
  const account = { id: "shown-account", type: "gladia-config", apiUrl: engine.url, budget: "30" };
  await nodeRed.deploy([
    { id: "shown", type: "tab", label: "Recordings" },
    { ...account, name: "Gladia", credentials: { apiKey: "key" } },
    ...files.map((payload, i) => ({ id: `shown-${i}`, type: "inject", y: 80 + i * 60, payload, ...place })),
    { id: "shown-node", type: "gladia-transcribe", z: "shown", x: 400, y: 140, config: account.id, wires: [[], []] },
  ]);
  const editor = await open({ width: 1240, height: 760 });
  const { page } = editor;
  await page.evaluate("RED.sidebar.show('gladia')");
  for (const i of [3, 2, 1, 0]) {
    await fetch(`${nodeRed.url}inject/shown-${i}`, { method: "POST" });
    await page.waitForTimeout(1500);
  }
  await take(editor, "sidebar");
  await page.locator(".gladia-job", { hasText: "interview" }).click();
  await page.locator("[data-word]").nth(8).click();
  await page.locator(".gladia-detail audio").waitFor();
  await take(editor, "transcript", page.locator(".gladia-sidebar"));
  const tray = await editor.openNode("shown-node");
  await tray.locator(".gladia-try summary").click();
  await tray.locator("input[type=file]").setInputFiles(join(nodeRed.userDir, "interview.wav"));
  await tray.getByRole("button", { name: "Transcribe" }).click();
  await tray.locator(".gladia-tried").waitFor();
  await take(editor, "try-it", tray.locator(".gladia-try"));
  await page.close();
}

try {
  await mkdir(folder, { recursive: true });
  await writeFile(join(nodeRed.userDir, "recording.wav"), wav(6));
  engine.control.script({ text: "The amiable woman was not at all what he had expected.", processing: 300 });
  await flow("1 transcribe a file.json", "recording.wav", "the text");
  await nodeRed.deploy([...nodes, ...more]);

  const editor = await open({ width: 1240, height: 1000 });
  await dialog(editor, "upload", find("3 three steps.json", "gladia-upload"));
  await dialog(editor, "get-result", find("3 three steps.json", "gladia-get-result"));
  await dialog(editor, "transcribe", transcribe);
  await dialog(editor, "wyoming", wyoming);
  const openSound = (tray) =>
    tray.locator("#gladia-live-audio").evaluate((details) => {
      details.open = true;
    });
  await dialog(editor, "live", "shown-live", openSound);
  await dialog(editor, "format", "shown-format");
  await dialog(editor, "jobs", "shown-jobs");
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
  await dialog(french, "wyoming-fr", wyoming);
  await dialog(french, "live-fr", "shown-live", openSound);
  await french.page.close();
  await sidebar();
} finally {
  await browser.close();
  await nodeRed.stop();
  await engine.close();
}
