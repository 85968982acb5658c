import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Locator } from "playwright-core";
import should from "should";
import { startBrowser } from "../support/browser";
import { Editor } from "../support/editor";
import { type Engine, startEngine } from "../support/engine";
import { speech } from "../support/live";
import { type NodeRedProcess, startNodeRed } from "../support/node-red-process";

const LOCALES = join(__dirname, "../../locales");
const textsOf = (locale: string) =>
  JSON.parse(readFileSync(join(LOCALES, locale, "gladia-sidebar.json"), "utf8"))["gladia-sidebar"];

describe("live sessions in the sidebar of the editor", function () {
  this.timeout(60_000);
  let engine: Engine & { folder: string };
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;
  let side: Locator;
  const audio = speech(4);

  before(async () => {
    [engine, nodeRed, browser] = await Promise.all([startEngine(), startNodeRed(), startBrowser()]);
    engine.control.settings.languages = "any";
    const place = { z: "tab", x: 100, y: 100 };
    await nodeRed.deploy([
      { id: "tab", type: "tab", label: "test" },
      { id: "acc", type: "gladia-config", name: "my account", apiUrl: engine.url, credentials: { apiKey: "key" } },
      { ...place, id: "in", type: "http in", url: "/hear", method: "post", wires: [["bytes", "ok"]] },
      { ...place, id: "ok", type: "http response", wires: [] },
      {
        ...{ ...place, id: "bytes", type: "function", wires: [["live"]] },
        func: "return msg.req.query.stop ? { control: 'stop' } : { payload: Buffer.from(msg.payload.audio, 'base64') };",
      },
      { ...place, x: 300, id: "live", type: "gladia-live", name: "the microphone", config: "acc", wires: [[], [], []] },
    ]);
    editor = await Editor.open(browser, nodeRed.url);
    await show();
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    await engine?.close();
  });
  afterEach(() => should(editor.complaints).eql([]));

  const show = async () => {
    await editor.page.evaluate("RED.sidebar.show('gladia')");
    side = editor.page.locator(".gladia-sidebar");
  };
  const hear = (bytes: Buffer, query = "") =>
    fetch(`${nodeRed.url}hear${query}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ audio: bytes.toString("base64") }),
    });
  const rows = () => side.locator(".gladia-job");
  /** Pictures to look at, in both themes. */
  const picture = async (name: string) => {
    const folder = process.env["GLADIA_PICTURES"];
    if (!folder) return;
    for (const theme of ["light", "dark"]) {
      await editor.page.evaluate(`document.documentElement.classList.toggle("nr-theme-dark", ${theme === "dark"})`);
      await side.screenshot({ path: join(folder, `${name}-${theme}.png`) });
    }
    await editor.page.evaluate(`document.documentElement.classList.remove("nr-theme-dark")`);
  };

  it("stand there with node, state and seconds, and go on", async () => {
    await hear(audio.subarray(0, 48_000));
    const row = rows().filter({ hasText: "listening" });
    await row.filter({ hasText: "0:01 audio" }).waitFor();
    should(await row.textContent()).match(/listening.*the microphone.*0:01 audio/);
    await picture("running");
    await row.click();
    const detail = side.locator(".gladia-detail");
    await detail.getByText(textsOf("en-US")["not-yet-live"]).waitFor();
    should(await detail.locator("code").textContent()).match(/^[\da-f-]{36}$/);
    await picture("opened");
  });

  it("show their words once they are over, with their times and their sound", async () => {
    await hear(audio.subarray(48_000));
    await hear(Buffer.alloc(0), "?stop=1");
    const detail = side.locator(".gladia-detail");
    await detail.locator(".gladia-state-done").waitFor();
    await detail.locator("[data-word]").first().waitFor();
    should(await detail.locator(".gladia-said").count()).be.above(0);
    await detail.locator("[data-word]").first().click();
    await detail.locator("audio").waitFor();
    await picture("over");
    await side.getByRole("button", { name: "Jobs" }).click();
    await rows().filter({ hasText: "done" }).filter({ hasText: "0:04 audio" }).waitFor();
    await picture("list");
  });

  for (const locale of ["de", "fr", "es-ES", "ja", "zh-CN"]) {
    it(`speak ${locale}`, async () => {
      await editor.page.close();
      editor = await Editor.open(browser, nodeRed.url, { locale });
      await show();
      await hear(audio.subarray(0, 48_000));
      const texts = textsOf(locale);
      const row = rows().filter({ hasText: texts.state.live });
      await row.first().waitFor();
      await row.first().click();
      await side.locator(".gladia-detail").getByText(texts["not-yet-live"]).waitFor();
      await hear(Buffer.alloc(0), "?stop=1");
      await side.locator(".gladia-detail .gladia-state-done").waitFor();
    });
  }
});
