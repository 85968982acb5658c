import type { Browser } from "playwright-core";
import should from "should";
import { startBrowser } from "../support/browser";
import { Editor } from "../support/editor";
import { type NodeRedProcess, startNodeRed } from "../support/node-red-process";
import { freePort } from "../support/programs";

describe("the dialog of gladia-wyoming", function () {
  this.timeout(60_000);
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;

  before(async () => {
    [nodeRed, browser] = await Promise.all([startNodeRed(), startBrowser()]);
  });
  // Also when a test is tried again, which may have left a dialog open and a node changed.
  beforeEach(async () => {
    await editor?.page.close();
    const wyoming = { type: "gladia-wyoming", config: "acc", host: "127.0.0.1", port: String(await freePort()) };
    await nodeRed.deploy([
      { id: "tab", type: "tab", label: "test" },
      { id: "acc", type: "gladia-config", name: "mine", presets: { home: { custom_metadata: { room: "hall" } } } },
      {
        id: "w",
        z: "tab",
        x: 200,
        y: 100,
        ...wyoming,
        mode: "live",
        options: {},
        reply: false,
        inputs: 0,
        wires: [[], []],
      },
    ]);
    editor = await Editor.open(browser, nodeRed.url);
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
  });

  it("gives the node an input where it waits for a reply", async () => {
    const saved = async () => (await nodeRed.flows()).find(({ id }) => id === "w");
    const { page } = editor;
    await editor.openNode("w");
    should(await page.locator("#node-input-replyTimeout").isVisible()).be.false();
    await page.locator("#node-input-reply").check();
    await page.locator("#node-input-replyTimeout").fill("3");
    await editor.done();
    should(await page.evaluate(`RED.nodes.node("w").inputs`)).equal(1);
    await editor.deploy();
    should(await saved()).containEql({ reply: true, replyTimeout: "3", inputs: 1 });
    should((await saved())?.["options"]).eql({});
    await editor.load(nodeRed.url);
    should(await page.locator('[id="w"] .red-ui-flow-port-input').count()).equal(1);
    await editor.openNode("w");
    await page.locator("#node-input-reply").uncheck();
    await editor.done();
    await editor.deploy();
    should(await saved()).containEql({ reply: false, inputs: 0 });
    should(editor.complaints).be.empty();
  });

  it("offers the options of live sessions, or of jobs, checks them, and keeps what both have when that changes", async () => {
    const saved = async () => (await nodeRed.flows()).find(({ id }) => id === "w");
    const { page } = editor;
    const groups = async () =>
      page
        .locator(".red-ui-tray [data-group]")
        .evaluateAll((all) => all.map((group) => group.getAttribute("data-group")));
    await editor.openNode("w");
    await page.locator("#gladia-preset").selectOption("home");
    should(await groups())
      .containEql("messages")
      .and.not.containEql("speakers");
    await page.locator("#node-input-mode").selectOption("pre-recorded");
    should(await groups())
      .containEql("speakers")
      .and.not.containEql("messages");
    await editor.openGroup("speakers");
    await editor.option("diarization").selectOption("true");
    await editor.done();
    await editor.deploy();
    should(await saved()).containEql({ mode: "pre-recorded", options: { diarization: true }, preset: "home" });
    should(await editor.invalid()).be.empty();
    await editor.openNode("w");
    should(await editor.option("diarization").inputValue()).equal("true");
    await editor.openGroup("understanding");
    await editor.option("named_entity_recognition").selectOption("true");
    await page.locator("#node-input-mode").selectOption("live");
    should(await page.locator(".red-ui-tray .gladia-error").allInnerTexts()).matchEach("");
    await page.locator("#node-input-mode").selectOption("pre-recorded");
    should(await editor.option("diarization").inputValue()).equal("true");
    await page.locator("#node-input-mode").selectOption("live");
    await editor.openGroup("messages");
    await editor.option("messages_config.receive_lifecycle_events").selectOption("true");
    await editor.done();
    await editor.deploy();
    const entities = { named_entity_recognition: true };
    should(await saved()).containEql({
      mode: "live",
      options: { realtime_processing: entities, messages_config: { receive_lifecycle_events: true } },
    });
    should(await editor.invalid()).be.empty();
    await editor.openNode("w");
    await page.locator("#node-input-mode").selectOption("pre-recorded");
    await editor.done();
    await editor.deploy();
    should(await saved()).containEql({ mode: "pre-recorded", options: entities });
    should(await editor.invalid()).be.empty();
    should(editor.complaints).be.empty();
  });
});
