import { createRequire } from "node:module";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
const require = createRequire(import.meta.url);
require("tsx/cjs");
const { startBrowser } = require("../test/support/browser.ts");
const { Editor } = require("../test/support/editor.ts");
const { startEngine, wav } = require("../test/support/engine.ts");
const { startNodeRed } = require("../test/support/node-red-process.ts");
const dark = process.env.NODE_RED !== undefined;
const [engine, nodeRed, browser] = await Promise.all([startEngine(), startNodeRed(), startBrowser()]);
try {
  await writeFile(join(nodeRed.userDir, "rec.wav"), wav(6));
  await nodeRed.deploy([
    { id: "tab", type: "tab", label: "test" },
    { id: "acc", type: "gladia-config", name: "mine", apiUrl: engine.url, budget: "30", callbackUrl: nodeRed.url, credentials: { apiKey: "key" } },
    { id: "go", type: "inject", z: "tab", x: 100, y: 100, props: [{ p: "payload" }], payload: "rec.wav", payloadType: "str", wires: [["up"]] },
    { id: "up", type: "gladia-upload", z: "tab", x: 200, y: 100, config: "acc", wires: [["tr"]] },
    { id: "tr", type: "gladia-transcribe", z: "tab", x: 300, y: 100, config: "acc", wait: "no", wires: [["get"], []] },
    { id: "get", type: "gladia-get-result", z: "tab", x: 400, y: 100, config: "acc", wires: [[], []] },
  ]);
  for (const locale of ["en-US", "fr"]) {
    const editor = await Editor.open(browser, nodeRed.url, { locale, width: 1240, height: 900 });
    if (dark) await editor.page.evaluate("document.documentElement.classList.add('nr-theme-dark')");
    const shot = (name, part = editor.page) => part.screenshot({ path: `/tmp/shot-${name}-${locale}${dark ? "-dark" : ""}.png` });
    await editor.page.evaluate("RED.sidebar.show('gladia')");
    engine.control.script({ text: "Good morning to you.", times: 1 });
    await fetch(`${nodeRed.url}inject/go`, { method: "POST" });
    await editor.page.locator(".gladia-state-done").first().waitFor();
    await editor.page.waitForTimeout(500);
    await shot("sidebar");
    let tray = await editor.openAccount("acc");
    await tray.locator("#node-config-input-apiUrl").fill("https://another.example.org");
    await tray.locator("#gladia-test-button").click();
    await tray.locator("#gladia-test-result.gladia-failed").waitFor();
    await shot("account", tray);
    await editor.turnTo("callbacks");
    await tray.locator("#node-config-input-callbackUrl").fill("https://another.example.org");
    await tray.locator("#node-config-input-callbackUrl").blur();
    await editor.page.waitForTimeout(400);
    await tray.locator("#gladia-callback-check").click();
    await tray.locator("#gladia-callback-result.gladia-failed").waitFor();
    await shot("callbacks", tray);
    await editor.done();
    tray = await editor.openNode("tr");
    await tray.locator(".gladia-try summary").click();
    await tray.locator("input[type=file]").setInputFiles(join(nodeRed.userDir, "rec.wav"));
    await tray.locator(".gladia-try .fa-play").click();
    await tray.locator(".gladia-try [role=alert] code").waitFor();
    await tray.locator(".gladia-try").scrollIntoViewIfNeeded();
    await shot("try", tray.locator(".gladia-try"));
    await editor.page.close();
  }
} finally { await browser.close(); await nodeRed.stop(); await engine.close(); }
