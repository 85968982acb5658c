import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import should from "should";
import { startBrowser } from "../support/browser";
import { Editor } from "../support/editor";
import { type Engine, startEngine } from "../support/engine";
import { EXAMPLES, type FlowNode } from "../support/examples";
import { type NodeRedProcess, startNodeRed } from "../support/node-red-process";

const ROOT = join(__dirname, "..", "..");
const PACKAGE = "@speechflows/node-red-gladia";

describe("flows that come with the package", function () {
  this.timeout(90_000);
  let engine: Engine;
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;

  before(async () => {
    [engine, browser] = await Promise.all([startEngine(), startBrowser()]);
    nodeRed = await startNodeRed({ env: { GLADIA_API_URL: engine.url, GLADIA_API_KEY: "key" } });
    editor = await Editor.open(browser, nodeRed.url);
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    await engine?.close();
  });
  afterEach(() => should(editor.complaints).eql([]));

  it("are imported from the dialog's examples, and deployed", async () => {
    const { page } = editor;
    const dialog = page.locator(".ui-dialog:visible");
    const folder = dialog.locator(".red-ui-treeList-label", { hasText: PACKAGE });
    if (await dialog.isVisible()) await page.locator("#red-ui-clipboard-dialog-cancel").click(); // of a try that failed
    for (const [file, nodes] of EXAMPLES) {
      await page.locator("#red-ui-workspace-chart").click({ position: { x: 600, y: 500 } });
      await page.keyboard.press("Control+i");
      await dialog.getByRole("link", { name: "Examples", exact: true }).click();
      const example = dialog.locator(".red-ui-treeList-label", { hasText: file.replace(".json", "") });
      await folder.waitFor();
      // The folder is open or not, as it was left, and shows it late on a busy machine.
      const isShown = () =>
        example.waitFor({ timeout: 1500 }).then(
          () => true,
          () => false,
        );
      while (!(await isShown())) await folder.click();
      await example.click();
      await dialog.locator("#red-ui-clipboard-dialog-ok").click();
      // All but the first bring an account that is there already.
      const copy = page.locator(".red-ui-notification").getByRole("button", { name: "Import copy" });
      const label = String(nodes.find(({ type }) => type === "tab")?.["label"]);
      const arrived = page.locator("#red-ui-workspace-tabs").getByText(label, { exact: true });
      await copy.or(arrived).first().waitFor();
      if (await copy.isVisible()) await copy.click();
      await arrived.waitFor();
      const types = `(() => {
        let tab;
        RED.nodes.eachWorkspace((workspace) => { if (workspace.label === ${JSON.stringify(label)}) tab = workspace; });
        return RED.nodes.filterNodes({ z: tab.id }).map(({ type }) => type);
      })()`;
      const own = nodes.filter(({ z }) => z !== undefined).map(({ type }) => type);
      should(((await page.evaluate(types)) as string[]).sort()).eql(own.sort(), file);
    }
    should(await editor.invalid()).eql([]);
    await editor.deploy();
    const deployed = (await nodeRed.flows()).filter(({ type }) => type === "tab").map(({ label }) => label);
    const tabs = [...EXAMPLES.values()].flat().filter(({ type }) => type === "tab");
    should(tabs.map(({ label }) => label).filter((label) => !deployed.includes(label))).eql([]);
  });

  it("transcribe in the demo: the text stands in the debug pane, and the job in the sidebar", async () => {
    const { demoFlows, threeSteps } = await import(join(ROOT, "scripts/demo/flows.mjs"));
    const flows: FlowNode[] = await demoFlows(join(ROOT, "examples"));
    const { inject, result } = threeSteps(flows) as Record<"inject" | "result", FlowNode>;
    const credentials = { apiKey: "${GLADIA_API_KEY}" };
    await nodeRed.deploy(flows.map((node) => (node.type === "gladia-config" ? { ...node, credentials } : node)));
    await copyFile(join(ROOT, "local/speech/john-dashwood.wav"), join(nodeRed.userDir, "recording.wav"));
    await editor.load(nodeRed.url);
    const { page } = editor;
    engine.control.script({ text: "Mr. John Dashwood had not the strong feelings.", processing: 1500, times: 1 });
    await page.evaluate(`RED.workspaces.show("${inject["z"]}"); RED.sidebar.show("debug")`);
    await page.locator(`[id="${inject.id}"] .red-ui-flow-node-button-button`).click();
    await page
      .locator(`[id="${result.id}"] .red-ui-flow-node-status-label`, { hasText: /queued|transcribing/ })
      .waitFor();
    const told = page.locator(".red-ui-debug-msg", { hasText: "the text" });
    await told.getByText("Mr. John Dashwood had not the strong feelings.").waitFor();

    await page.evaluate("RED.sidebar.show('gladia')");
    const side = page.locator(".gladia-sidebar");
    const job = side.locator(".gladia-job", { has: page.locator(".gladia-state-done") }).first();
    should(await job.textContent()).match(/Dashwood|recording\.wav/);
    await job.click();
    await side.locator("[data-word]").first().waitFor();
    should(await side.locator(".gladia-said").textContent()).match(/Mr\. John Dashwood had not the strong feelings\./);
  });
});
