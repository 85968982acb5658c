import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, CDPSession, Locator } from "playwright-core";
import should from "should";
import { startBrowser } from "../support/browser";
import { eachDialog, everyNode, misfits } from "../support/dialogs";
import { Editor } from "../support/editor";
import { type Engine, startEngine } from "../support/engine";
import { eachView, MAKER, makeJobs } from "../support/jobs";
import { type NodeRedProcess, startNodeRed } from "../support/node-red-process";

const LANGUAGES = ["en-US", "fr", "de", "es-ES", "ja", "zh-CN"];
const WIDE = ["ja", "zh-CN"];
const PALETTE = ["upload", "transcribe", "get-result", "callback", "format", "jobs", "live"];
const LOCALES = join(__dirname, "..", "..", "locales");

const read = (language: string, file: string) => readFileSync(join(LOCALES, language, file), "utf8");
const catalogue = (language: string, node: string) => JSON.parse(read(language, `${node}.json`))[node];

describe("the editor in six languages", function () {
  this.timeout(90_000);
  let engine: Engine;
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;
  let session: CDPSession;

  /** Has the browser ask for another language; in the same one, Node-RED's scripts need not be loaded anew. */
  const speak = async (language: string) => {
    const userAgent = String(await editor.page.evaluate("navigator.userAgent"));
    await session.send("Network.setUserAgentOverride", { userAgent, acceptLanguage: language });
    // One override replaces another only where that was taken away.
    await session.send("Emulation.setLocaleOverride", {});
    await session.send("Emulation.setLocaleOverride", { locale: language });
    await editor.load(nodeRed.url);
    should(await editor.page.evaluate("navigator.language")).equal(language);
  };
  /** A machine without the glyphs shows narrower boxes: room for the real ones is put in between. */
  const widen = () =>
    editor.page.evaluate(() => {
      const probe = document.createElement("span");
      probe.style.cssText = "position: absolute; font-size: 100px; white-space: nowrap";
      probe.textContent = "文字";
      document.body.append(probe);
      const lacking = Math.max(0, 1 - probe.getBoundingClientRect().width / 200);
      probe.remove();
      const style = document.createElement("style");
      const ours = ":is(.gladia-form, .gladia-sidebar)";
      style.textContent = `${ours} * { letter-spacing: ${lacking}em } ${ours} .fa { letter-spacing: 0 }`;
      document.head.append(style);
      return lacking;
    });
  /** Keys instead of texts, values that were not put in, objects shown as such. */
  const slips = (part: Locator) =>
    part.evaluate((root) => {
      const shown = [...root.querySelectorAll("[title], [placeholder], [aria-label]")].flatMap((element) =>
        ["title", "placeholder", "aria-label"].map((name) => element.getAttribute(name) ?? ""),
      );
      return [root.textContent ?? "", ...shown].flatMap(
        (text) => text.match(/gladia-[\w-]+\.\w[\w.-]*|\[object \w+|__\w+__|\bundefined\b/g) ?? [],
      );
    });
  const fits = async (name: string, part: Locator) => {
    should(await misfits(part)).eql([], name);
    should(await slips(part)).eql([], name);
  };

  before(async () => {
    [engine, nodeRed, browser] = await Promise.all([startEngine(), startNodeRed(), startBrowser()]);
    await nodeRed.deploy([...everyNode({ apiUrl: engine.url }), ...MAKER]);
    editor = await Editor.open(browser, nodeRed.url, { locale: undefined });
    session = await editor.page.context().newCDPSession(editor.page);
    await editor.page.evaluate("RED.sidebar.show('gladia')");
    await makeJobs(engine, nodeRed, editor.page.locator(".gladia-sidebar"));
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    await engine?.close();
  });
  afterEach(() => should(editor.complaints).eql([]));

  for (const language of LANGUAGES) {
    it(`${language}: dialogs, sidebar, palette, statuses and help`, async () => {
      await speak(language);
      if (WIDE.includes(language)) await widen();
      const { page } = editor;
      const { label, tab, option } = catalogue(language, "gladia-config");
      for (const node of PALETTE) {
        const name = catalogue(language, `gladia-${node}`).label.palette;
        await page.locator(`.red-ui-palette-node[data-palette-type="gladia-${node}"]`, { hasText: name }).waitFor();
      }
      const { cancelled } = catalogue(language, "gladia-transcribe").status;
      await page.locator("#maker .red-ui-flow-node-status-label").getByText(cancelled).waitFor();

      await eachDialog(editor, async (name, form) => {
        await fits(name, form);
        const texts = name.startsWith("account")
          ? [label.name, tab.options, option.diarization.label]
          : [name.startsWith("format") ? label.name : label.config];
        const shown = (await form.textContent()) ?? "";
        should(texts.filter((text: string) => !shown.includes(text))).eql([], name);
      });

      await eachView(page, fits);
      should(await page.locator(".gladia-sidebar").textContent()).containEql(
        catalogue(language, "gladia-sidebar").state.done,
      );

      for (const node of [...PALETTE, "config"]) {
        const [, first = ""] = read(language, `gladia-${node}.html`).split("\n");
        await page.evaluate(`RED.sidebar.help.show("gladia-${node}")`);
        const words = first.replace(/[*`_\\]/g, "").split(/[.。(]/)[0] ?? "";
        await page.locator(".red-ui-help-content, .red-ui-help").getByText(words.slice(0, 30)).first().waitFor();
      }
    });
  }
});
