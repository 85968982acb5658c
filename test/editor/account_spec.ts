import type { Browser, Locator } from "playwright-core";
import should from "should";
import { startAttacker } from "../support/attacker";
import { startBrowser } from "../support/browser";
import { Editor } from "../support/editor";
import { type Engine, startEngine, wav } from "../support/engine";
import { type NodeRedProcess, startNodeRed } from "../support/node-red-process";

const KEY = "the-saved-key";

describe("the dialog of an account", function () {
  this.timeout(60_000);
  let engine: Engine;
  let other: Awaited<ReturnType<typeof startAttacker>>;
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;
  let dialog: Locator;

  const fill = async (name: string, value: string) => {
    await dialog.locator(`#node-config-input-${name}`).fill(value);
  };
  const test = async (kind: "ok" | "failed") => {
    await dialog.locator("#gladia-test-button").click();
    const result = dialog.locator(`#gladia-test-result.gladia-${kind}`);
    await result.waitFor();
    return (await result.textContent()) ?? "";
  };
  const hint = () => dialog.locator("#gladia-key-again");

  before(async () => {
    [engine, other, nodeRed, browser] = await Promise.all([
      startEngine(KEY),
      startAttacker(),
      startNodeRed({ env: { GLADIA_KEY: KEY } }),
      startBrowser(),
    ]);
    await nodeRed.deploy([
      { id: "tab", type: "tab", label: "test" },
      { id: "acc", type: "gladia-config", name: "mine", apiUrl: engine.url, credentials: { apiKey: KEY } },
      { id: "tr", type: "gladia-transcribe", z: "tab", x: 200, y: 100, config: "acc", wires: [[], []] },
    ]);
    editor = await Editor.open(browser, nodeRed.url);
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    await engine?.close();
    await other?.close();
  });
  afterEach(() => should(editor.complaints).eql([]));

  it("asks for the key again before another address is tested", async () => {
    dialog = await editor.openAccount("acc");
    should(await hint().textContent()).equal("");
    should(await test("ok")).match(/Connected/);
    await fill("apiUrl", other.url);
    should(await hint().textContent()).match(/enter the key again, or deploy first/);
    should(await test("failed")).match(/goes only to the address that is deployed.*Enter the key again/);
    await fill("apiKey", "${GLADIA_KEY}");
    should(await hint().textContent()).equal("");
    should(await test("failed")).match(/"API key" \(apiKey\).*environment variable.*deploy first/);
    should(other.heard).eql([]);
    await fill("apiKey", "typed");
    should(await test("ok")).match(/Connected/);
    should(other.heard.join("\n")).not.containEql(KEY);
    await fill("apiUrl", engine.url);
    await fill("apiKey", KEY);
    should(await test("ok")).match(/Connected/);
    await dialog.locator("#node-config-dialog-cancel").click();
    await dialog.waitFor({ state: "detached" });
  });

  it("keeps what may be spent, known results, and where messages have their keys", async () => {
    dialog = await editor.openAccount("acc");
    await dialog.locator("#node-config-input-keyFrom").evaluate((input) => {
      const $ = (window as unknown as { $(element: Element): { typedInput(...args: string[]): void } }).$;
      $(input).typedInput("type", "msg");
      $(input).typedInput("value", "customer.key");
    });
    await editor.openTab("Limits");
    await fill("budget", "300");
    await dialog.getByLabel("Budget counts").selectOption("per month");
    await dialog.getByLabel("Longest clip").fill("90");
    await dialog.getByLabel("Do not pay twice").check();
    await editor.done();
    const saved = await editor.page.evaluate(`(() => {
      const { keyFrom, keyFromType, budget, budgetPer, longest, cache } = RED.nodes.node("acc");
      return { keyFrom, keyFromType, budget, budgetPer, longest, cache };
    })()`);
    should(saved).eql({
      ...{ keyFrom: "customer.key", keyFromType: "msg", budget: "300", budgetPer: "month", longest: "90", cache: true },
    });
    dialog = await editor.openAccount("acc");
    await dialog.locator("#node-config-input-keyFrom").evaluate((input) => {
      const $ = (window as unknown as { $(element: Element): { typedInput(...args: string[]): void } }).$;
      $(input).typedInput("type", "key");
    });
    await editor.done();
    should(await editor.page.evaluate(`RED.nodes.node("acc").keyFromType`)).equal("key");
  });

  it("has changes deployed before a clip is tried with them", async () => {
    dialog = await editor.openAccount("acc");
    await fill("apiUrl", other.url);
    await editor.done();
    const node = await editor.openNode("tr");
    const panel = node.locator(".gladia-try");
    await panel.locator("summary").click();
    const attempt = async () => {
      await panel.locator("input[type=file]").setInputFiles({ name: "a.wav", mimeType: "audio/wav", buffer: wav(1) });
      await panel.getByRole("button", { name: "Transcribe" }).click();
    };
    await attempt();
    const fault = panel.getByRole("alert");
    await fault.locator("code", { hasText: "GLADIA_CONFIG" }).waitFor();
    should(await fault.textContent()).match(/"Address" \(apiUrl\).* is different\. Deploy first/);
    other.heard.length = 0;
    await editor.page.evaluate(`RED.nodes.add({ id: "fresh", type: "gladia-config", _def: RED.nodes.getType("gladia-config"),
      name: "fresh", apiUrl: ${JSON.stringify(other.url)}, users: [], credentials: { apiKey: "typed" } })`);
    await editor.page.evaluate(`const select = document.querySelector("#node-input-config");
      select.append(new Option("fresh", "fresh")); select.value = "fresh"; select.dispatchEvent(new Event("change"))`);
    await attempt();
    await fault.getByText("not deployed yet").waitFor();
    should(other.heard).eql([]);
  });
});
