import type { Browser } from "playwright-core";
import should from "should";
import { startBrowser } from "../support/browser";
import { addressOf } from "../support/callbacks";
import { Editor } from "../support/editor";
import { type Engine, startEngine } from "../support/engine";
import { EXAMPLES } from "../support/examples";
import { type NodeRedProcess, startNodeRed } from "../support/node-red-process";

describe("the dialogs of callbacks", function () {
  this.timeout(90_000);
  let engine: Engine;
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;
  const flow = EXAMPLES.get("5 get told by callback.json") ?? [];
  const idOf = (type: string) => flow.find((node) => node.type === type)?.id ?? "";
  const account = idOf("gladia-config");

  before(async () => {
    [engine, nodeRed, browser] = await Promise.all([startEngine(), startNodeRed(), startBrowser()]);
    const more = { apiUrl: engine.url, callbackUrl: nodeRed.url, credentials: { apiKey: "key" } };
    await nodeRed.deploy(flow.map((node) => (node.id === account ? { ...node, ...more } : node)));
    editor = await Editor.open(browser, nodeRed.url);
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    await engine?.close();
  });
  afterEach(() => should(editor.complaints).eql([]));

  it("show the whole address of the account, and whether it leads here", async () => {
    const dialog = await editor.openAccount(account);
    await editor.openTab("Callbacks");
    const address = dialog.locator("#gladia-callback-address");
    const shows = async (text: string) => {
      for (let n = 0; n < 100 && (await address.inputValue()) !== text; n++) await editor.page.waitForTimeout(50);
      should(await address.inputValue()).equal(text);
    };
    await shows(addressOf(account, nodeRed.url));
    await dialog.locator("#gladia-callback-check").click();
    await dialog.locator("#gladia-callback-result.gladia-ok").waitFor();

    await dialog.locator("#node-config-input-callbackUrl").fill("http://127.0.0.1:1");
    await dialog.locator("#node-config-input-callbackUrl").blur();
    await shows(addressOf(account, "http://127.0.0.1:1"));
    await dialog.locator("#gladia-callback-check").click();
    const failure = dialog.locator("#gladia-callback-result.gladia-failed");
    await failure.waitFor();
    should(await failure.textContent()).match(/holds a secret.*Deploy first, then check again/);

    await dialog.locator("#node-config-input-callbackUrl").fill("");
    await dialog.locator("#node-config-input-callbackUrl").blur();
    await address.waitFor({ state: "hidden" });
    await dialog.locator("#node-config-dialog-cancel").click();
    await dialog.waitFor({ state: "detached" });
  });

  it("keep the events that were chosen", async () => {
    const id = idOf("gladia-callback");
    const saved = async () => (await nodeRed.flows()).find((node) => node["id"] === id) ?? {};
    await editor.openNode(id);
    await editor.page.locator("#gladia-callback-events-shown").click();
    await editor.page.getByRole("link", { name: "a job has failed" }).click();
    await editor.page.getByRole("link", { name: "live.transcript", exact: true }).click();
    await editor.page.keyboard.press("Escape");
    await editor.page.locator("#node-input-output").selectOption("srt");
    await editor.done();
    await editor.deploy();
    should((await saved())["events"]).eql(["transcription.error", "live.transcript"]);
    should(await saved()).match({ output: "srt", result: true, config: account });
    await editor.openNode(id);
    await editor.done();
    should((await saved())["events"]).eql(["transcription.error", "live.transcript"]);
    should(await editor.invalid()).eql([]);
  });
});
