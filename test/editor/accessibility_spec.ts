import type { Browser } from "playwright-core";
import should from "should";
import { barriers, prepareAxe } from "../support/accessible";
import { startBrowser } from "../support/browser";
import { eachDialog, everyNode } from "../support/dialogs";
import { Editor } from "../support/editor";
import { type Engine, startEngine, wav } from "../support/engine";
import { eachView, MAKER, makeJobs } from "../support/jobs";
import { type NodeRedProcess, startNodeRed } from "../support/node-red-process";

describe("people with disabilities", function () {
  this.timeout(90_000);
  let engine: Engine;
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;
  let hasDark = false;

  /** The same in light, and in dark where Node-RED has it. */
  const inEachTheme = async (look: (theme: string) => Promise<void>) => {
    for (const theme of hasDark ? ["light", "dark"] : ["light"]) {
      await editor.page.evaluate(`document.documentElement.classList.toggle("nr-theme-dark", ${theme === "dark"})`);
      await look(theme);
    }
  };
  const free = async (name: string, selector: string) => {
    should(await barriers(editor.page, selector)).eql([], `${name}\n`);
  };

  before(async () => {
    [engine, nodeRed, browser] = await Promise.all([startEngine(), startNodeRed(), startBrowser()]);
    await nodeRed.deploy([...everyNode({ apiUrl: engine.url }), ...MAKER]);
    editor = await Editor.open(browser, nodeRed.url);
    await prepareAxe(editor.page);
    hasDark = Boolean(
      await editor.page.evaluate(`[...document.styleSheets].some((sheet) =>
      [...sheet.cssRules].some((rule) => rule.selectorText?.includes(".nr-theme-dark")))`),
    );
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    await engine?.close();
  });
  afterEach(() => should(editor.complaints).eql([]));

  it("find no barrier in a dialog", async () => {
    await inEachTheme((theme) => eachDialog(editor, (name) => free(`${name}, ${theme}`, ".red-ui-tray .gladia-form")));
  });

  it("find no barrier in the sidebar", async () => {
    const side = editor.page.locator(".gladia-sidebar");
    await editor.page.evaluate("RED.sidebar.show('gladia')");
    await side.getByText("No job yet").waitFor();
    await inEachTheme((theme) => free(`empty, ${theme}`, ".gladia-sidebar"));
    await makeJobs(engine, nodeRed, side);
    await inEachTheme((theme) => eachView(editor.page, (name) => free(`${name}, ${theme}`, ".gladia-sidebar")));
  });

  it("find no barrier in what Try it shows", async () => {
    const dialog = await editor.openNode("maker");
    const panel = dialog.locator(".gladia-try");
    await panel.locator("summary").click();
    const choose = (buffer: Buffer) =>
      panel.locator("input[type=file]").setInputFiles({ name: "clip.wav", mimeType: "audio/wav", buffer });
    const go = () => panel.getByRole("button", { name: "Transcribe" }).click();
    await choose(wav(1, 3));
    await go();
    await panel.locator(".gladia-tried").waitFor();
    await inEachTheme((theme) => free(`tried, ${theme}`, ".gladia-try"));
    await choose(Buffer.from("no sound at all"));
    await go();
    await panel.getByRole("alert").locator("code").waitFor();
    await inEachTheme((theme) => free(`failed, ${theme}`, ".gladia-try"));
  });

  it("reach each control of a dialog by its label", async () => {
    const dialog = editor.page.locator(".red-ui-tray");
    await dialog.getByLabel("Audio", { exact: true }).fill("sound");
    should(await editor.page.evaluate(`$("#node-input-audio").typedInput("value")`)).equal("sound");
    await dialog.locator("#node-dialog-cancel").click();
    await dialog.waitFor({ state: "detached" });
  });
});
