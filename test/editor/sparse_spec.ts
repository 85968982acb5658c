import type { Browser } from "playwright-core";
import should from "should";
import { startBrowser } from "../support/browser";
import { ACCOUNT } from "../support/dialogs";
import { Editor } from "../support/editor";
import type { FlowNode } from "../support/examples";
import { type NodeRedProcess, startNodeRed } from "../support/node-red-process";

const TYPES = ["upload", "transcribe", "get-result", "callback", "format", "jobs", "live", "wyoming"];

/** Nodes as people write them by hand, or as a program makes them. */
const FLOWS: FlowNode[] = [
  { id: "tab", type: "tab", label: "test" },
  { id: ACCOUNT, type: "gladia-config", credentials: { apiKey: "key" } },
  ...TYPES.map((name, i) => ({
    ...{ id: name, type: `gladia-${name}`, z: "tab", config: ACCOUNT, x: 200, y: 60 + i * 60, wires: [] },
    ...(name === "wyoming" ? { port: "10300" } : {}),
  })),
];

describe("a node that has none of its properties", function () {
  this.timeout(60_000);
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;

  before(async () => {
    [nodeRed, browser] = await Promise.all([startNodeRed(), startBrowser()]);
    await nodeRed.deploy(FLOWS);
    editor = await Editor.open(browser, nodeRed.url);
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
  });

  for (const name of TYPES) {
    it(`shows what it does, and is not changed by being looked at: ${name}`, async () => {
      await editor.page.evaluate("RED.nodes.dirty(false)");
      const dialog = await editor.openNode(name);
      const faults = await dialog.evaluate((tray) => [
        ...[...tray.querySelectorAll(".input-error")].map((field) => `marked as wrong: ${field.id}`),
        ...[...tray.querySelectorAll("select")]
          .filter((select) => select.checkVisibility() && select.selectedIndex < 0)
          .map((select) => `nothing chosen: ${select.id}`),
      ]);
      should(faults).eql([]);
      await editor.done();
      should(await editor.page.evaluate("RED.nodes.dirty()")).equal(false);
    });
  }
});
