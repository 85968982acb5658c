import type { Browser } from "playwright-core";
import should from "should";
import { startBrowser } from "../support/browser";
import { Editor } from "../support/editor";
import { type NodeRedProcess, startNodeRed } from "../support/node-red-process";

describe("what text in a message may name", function () {
  this.timeout(90_000);
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;
  // As an earlier version saved them.
  const node = (id: string, type: string, y: number, more = {}) => ({
    ...{ id, type, z: "tab", name: id, config: "a", audio: "payload", audioType: "msg", filename: "filename" },
    ...{ filenameType: "msg", fetch: false, x: 200, y, wires: [[], []], ...more },
  });
  const saved = async (id: string) => (await nodeRed.flows()).find((found) => found["id"] === id) ?? {};

  before(async () => {
    [nodeRed, browser] = await Promise.all([startNodeRed(), startBrowser()]);
    await nodeRed.deploy([
      { id: "tab", type: "tab", label: "t" },
      { id: "a", type: "gladia-config", name: "account", credentials: { apiKey: "key" } },
      node("up", "gladia-upload", 80),
      node("tr", "gladia-transcribe", 160, { options: {}, wait: "result", output: "text" }),
    ]);
    editor = await Editor.open(browser, nodeRed.url);
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
  });
  afterEach(() => should(editor.complaints).eql([]));

  for (const id of ["up", "tr"]) {
    it(`is chosen in the dialog, where it matters (${id})`, async () => {
      const dialog = await editor.openNode(id);
      const [paths, lan] = [dialog.locator("#node-input-paths"), dialog.locator("#node-input-lan")];
      should(await paths.inputValue()).equal("auto");
      should(await lan.inputValue()).equal("auto");
      should(await lan.isVisible()).be.false();
      await dialog.locator("#node-input-fetch").check();
      await lan.selectOption("no");
      await paths.selectOption("yes");
      await editor.done();
      await editor.deploy();
      should(await saved(id)).have.properties({ paths: "yes", lan: "no", fetch: true });
    });
  }

  it("is not asked about what is typed into the node", async () => {
    const dialog = await editor.openNode("up");
    await editor.page.evaluate('$("#node-input-audio").typedInput("type", "str")');
    should(await dialog.locator("#node-input-paths").isVisible()).be.false();
    should(await dialog.locator("#node-input-lan").isVisible()).be.false();
    await editor.page.click("#node-dialog-cancel");
  });

  it("is the default for a new node", async () => {
    const values = await editor.page.evaluate(
      '["gladia-upload", "gladia-transcribe"].map((type) => { const { paths, lan } = RED.nodes.getType(type).defaults; return [paths.value, lan.value]; })',
    );
    should(values).eql([
      ["auto", "auto"],
      ["auto", "auto"],
    ]);
  });
});
