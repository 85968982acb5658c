import type { Browser, Locator } from "playwright-core";
import should from "should";
import { startBrowser } from "../support/browser";
import { Editor } from "../support/editor";
import { type NodeRedProcess, startNodeRed } from "../support/node-red-process";

/** A text, a choice, a box, or the type and the value of a typed field. */
type Value = string | boolean | readonly [type: string, value: string];
type Values = Readonly<Record<string, Value>>;

const NODES: Readonly<Record<string, Values>> = {
  upload: { name: "send it", audio: ["flow", "sound"], filename: ["str", "talk.wav"], fetch: true },
  transcribe: {
    ...{ name: "write it", audio: ["env", "SOUND"], filename: ["jsonata", '"talk" & ".wav"'], fetch: true },
    ...{ output: "vtt", wait: "no" },
  },
  "get-result": { name: "read it", job: ["global", "job"], output: "translations", interval: "2.5", deadline: "90" },
  format: {
    ...{ name: "set it", source: ["flow", "job"], format: "vtt", language: "fr", wordTimes: true, maxChars: "37" },
    ...{ property: ["global", "captions"] },
  },
  live: {
    ...{ name: "write along", framing: "raw", encoding: "wav/alaw", sampleRate: "8000", channels: "2", mono: "keep" },
    ...{ skip: "4", session: ["msg", "topic"], idle: "10", maximum: "600", buffer: "20", result: true },
  },
  callback: { name: "hear of it", result: false, output: "dialogue" },
};
const ACCOUNT: Readonly<Record<string, Values>> = {
  account: { name: "mine", apiKey: "key", apiUrl: "http://127.0.0.1:9", proxy: "px", tls: "tl", region: "eu-west" },
  limits: {
    ...{ concurrency: "2", queueLimit: "9", budget: "12.5", timeout: "30", retries: "2", deadline: "600" },
    store: "default",
  },
  callbacks: { callbackUrl: "https://node-red.example.org", webhookSecret: "whsec_c2VjcmV0" },
};
const SPEAKERS = "#gladia-format-speakers";
const SECRETS = ["apiKey", "webhookSecret"];
/** What the editor shows of a password that is kept. */
const KEPT = "__PWRD__";

describe("nodes dragged from the palette", function () {
  this.timeout(90_000);
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;
  const ids = new Map<string, string>();

  const drag = async (type: string, x: number, y: number): Promise<string> => {
    const { mouse } = editor.page;
    const inPalette = editor.page.locator(`.red-ui-palette-node[data-palette-type="gladia-${type}"]`);
    await inPalette.scrollIntoViewIfNeeded();
    const from = await inPalette.boundingBox();
    const to = await editor.page.locator("#red-ui-workspace-chart").boundingBox();
    if (!from || !to) throw new Error(`${type} is not in the palette`);
    await mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await mouse.down();
    await mouse.move(to.x + x, to.y + y, { steps: 8 });
    await mouse.up();
    return String(await editor.page.evaluate(`RED.nodes.filterNodes({ type: "gladia-${type}" })[0].id`));
  };
  const openByMouse = async (id: string): Promise<Locator> => {
    // Node-RED takes two presses within a millisecond for one.
    await editor.page.locator(`[id="${id}"] .red-ui-flow-node`).first().dblclick({ delay: 20 });
    await editor.page.locator("#node-dialog-ok").waitFor();
    return editor.page.locator(".red-ui-tray");
  };
  /** Node-RED closes the menu again, or takes no choice, when the dialog still moves as it opens. */
  const chooseType = async (id: string, type: string) => {
    const button = editor.page.locator(`${id} + .red-ui-typedInput-container .red-ui-typedInput-type-select`);
    const choice = editor.page.locator(`.red-ui-typedInput-options:visible a[value="${type}"]`);
    for (let opened = false; !opened; ) {
      await button.click();
      await choice.click({ timeout: 2000 }).catch(() => {}); // tried again, as when it does nothing
      opened = (await editor.page.evaluate(`$("${id}").typedInput("type")`)) === type;
    }
  };
  const fill = async (values: Values, prefix = "node-input") => {
    const { page } = editor;
    for (const [name, value] of Object.entries(values)) {
      const control = page.locator(`#${prefix}-${name}`);
      if (typeof value === "object") {
        await chooseType(`#${prefix}-${name}`, value[0]);
        await page.locator(`#${prefix}-${name}-shown`).fill(value[1]);
      } else if (typeof value === "boolean") await control.setChecked(value);
      else if (await control.evaluate((element) => element.tagName === "SELECT")) await control.selectOption(value);
      else await control.fill(value);
    }
  };
  const shown = async (values: Values, prefix = "node-input"): Promise<Values> => {
    const read = async (name: string, value: Value): Promise<Value> => {
      const id = `#${prefix}-${name}`;
      if (typeof value === "string") return editor.page.locator(id).inputValue();
      if (typeof value === "boolean") return editor.page.locator(id).isChecked();
      return editor.page.evaluate(`[$("${id}").typedInput("type"), $("${id}").typedInput("value")]`) as Promise<
        [string, string]
      >;
    };
    const entries = Object.entries(values).map(async ([name, value]) => [name, await read(name, value)] as const);
    return Object.fromEntries(await Promise.all(entries));
  };

  before(async () => {
    [nodeRed, browser] = await Promise.all([startNodeRed(), startBrowser()]);
    editor = await Editor.open(browser, nodeRed.url);
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
  });
  afterEach(() => should(editor.complaints).eql([]));

  it("are filled in, with an account made on the way", async () => {
    const { page } = editor;
    await nodeRed.deploy([
      { id: "tab", type: "tab", label: "test" },
      { id: "px", type: "http proxy", name: "proxy", url: "http://127.0.0.1:9", noproxy: [] },
      { id: "tl", type: "tls-config", name: "tls", verifyservercert: true },
    ]);
    await editor.load(nodeRed.url);
    for (const [i, [type, values]] of Object.entries(NODES).entries()) {
      const id = await drag(type, 300, 80 + i * 80);
      ids.set(type, id);
      await openByMouse(id);
      if (i === 0) {
        await page.locator("#node-input-btn-config-add").click();
        await page.locator("#node-config-dialog-ok").waitFor();
        for (const [tab, fields] of Object.entries(ACCOUNT)) {
          await editor.turnTo(tab);
          await fill(fields, "node-config-input");
        }
        await editor.turnTo("options");
        await editor.openGroup("output");
        await editor.option("sentences").selectOption("true");
        await editor.done();
        await page.locator("#node-dialog-ok").waitFor();
      }
      if (type !== "format") await page.locator("#node-input-config").selectOption("mine");
      if (type === "live")
        for (const group of ["audio", "session"]) await page.locator(`#gladia-live-${group} summary`).click();
      await fill(values);
      if (type === "format") await page.locator(SPEAKERS).fill("Anna\n\n Carl ");
      if (type === "callback") {
        await page.locator("#gladia-callback-events-shown").click();
        await page.getByRole("link", { name: "a job has failed" }).click();
        await page.getByRole("link", { name: "live.transcript", exact: true }).click();
        await page.keyboard.press("Escape");
      }
      if (type === "transcribe") {
        await editor.openGroup("speakers");
        await editor.option("diarization").selectOption("true");
      }
      if (type === "live") {
        await editor.openGroup("speech");
        await editor.option("endpointing").fill("0.3");
        await editor.openGroup("understanding");
        await editor.option("realtime_processing.sentiment_analysis").selectOption("true");
      }
      await editor.done();
    }
    should(await editor.invalid()).eql([]);
    await editor.deploy();
  });

  it("are the same after a deploy and a reload", async () => {
    await editor.load(nodeRed.url);
    should(await editor.invalid()).eql([]);
    for (const [type, values] of Object.entries(NODES)) {
      await openByMouse(ids.get(type) ?? "");
      should(await shown(values)).eql(values, type);
      if (type !== "format") {
        should(await editor.page.locator("#node-input-config option:checked").textContent()).equal("mine");
      }
      if (type === "transcribe") should(await editor.option("diarization").inputValue()).equal("true");
      if (type === "format") {
        should(await editor.page.locator(SPEAKERS).inputValue()).equal("Anna\n\nCarl");
        const saved = (await nodeRed.flows()).find((node) => node["type"] === "gladia-format");
        should(saved?.["speakers"]).eql({ 0: "Anna", 2: "Carl" });
        should(await editor.page.locator("#node-input-phrase").isVisible()).be.false();
      }
      if (type === "live") {
        should(await editor.option("endpointing").inputValue()).equal("0.3");
        should(await editor.option("realtime_processing.sentiment_analysis").inputValue()).equal("true");
      }
      if (type === "callback")
        should(await editor.page.locator("#gladia-callback-events").inputValue()).equal(
          "transcription.error,live.transcript",
        );
      if (type !== "callback") await editor.done();
    }
    await editor.page.locator("#node-input-btn-config-edit").click();
    await editor.page.locator("#node-config-dialog-ok").waitFor();
    for (const [tab, fields] of Object.entries(ACCOUNT)) {
      const kept = Object.fromEntries(
        Object.entries(fields).map(([name, v]) => [name, SECRETS.includes(name) ? KEPT : v]),
      );
      await editor.turnTo(tab);
      should(await shown(fields, "node-config-input")).eql(kept, tab);
    }
    should(await editor.option("sentences").inputValue()).equal("true");
    await editor.done();
    await editor.page.locator("#node-dialog-ok").waitFor();
    await editor.done();
    should(await editor.page.evaluate("RED.nodes.dirty()")).equal(false);
  });
});
