import type { Browser, Route } from "playwright-core";
import should from "should";
import { startBrowser } from "../support/browser";
import { everyNode } from "../support/dialogs";
import { Editor } from "../support/editor";
import { type NodeRedProcess, startNodeRed } from "../support/node-red-process";

describe("the JSON tab", function () {
  this.timeout(60_000);
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;

  before(async () => {
    [nodeRed, browser] = await Promise.all([startNodeRed(), startBrowser()]);
    await nodeRed.deploy(everyNode());
    editor = await Editor.open(browser, nodeRed.url);
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
  });

  it("may be closed before its editor has looked through the text", async () => {
    const { page } = editor;
    const held: Route[] = [];
    const asked = new Promise<void>((resolve) => {
      page.route("**/json.worker.js*", (route) => {
        held.push(route);
        resolve();
      });
    });
    const open = async () => {
      const dialog = await editor.openNode("transcribe");
      await dialog.getByRole("tab", { name: "JSON" }).click();
      return dialog;
    };
    const dialog = await open();
    await asked;
    await dialog.locator(".view-line").first().waitFor();
    // Long enough for Monaco to begin with all that it does once the typing rests.
    await page.waitForTimeout(1000);
    await dialog.locator("#node-dialog-cancel").click();
    await dialog.waitFor({ state: "detached" });
    for (const route of held) await route.continue();
    const again = await open();
    await page.evaluate(`monaco.editor.getModels().at(-1).setValue("{ wrong")`);
    await again.locator(".squiggly-error").first().waitFor();
    should(editor.complaints).eql([]);
  });
});
