import type { Browser, Locator } from "playwright-core";
import should from "should";
import { startBrowser } from "../support/browser";
import { Editor } from "../support/editor";
import { type NodeRedProcess, startNodeRed } from "../support/node-red-process";
import { FULL } from "../support/options";

const VOCABULARY = "custom_vocabulary_config.vocabulary";
const SPELLING = "custom_spelling_config.spelling_dictionary";

const GROUPS = "language speakers output subtitles translation understanding vocabulary privacy".split(" ");

describe("the option form", function () {
  this.timeout(60_000);
  // As an earlier version saved it: no presets.
  const account = {
    ...{ id: "a", type: "gladia-config", name: "old", apiUrl: "https://api.gladia.io", region: "" },
    ...{ options: { sentences: false }, concurrency: "3", queueLimit: "1000", timeout: "60", retries: "5" },
    ...{ deadline: "7200", callbackUrl: "", store: "", budget: "", proxy: "", tls: "" },
    credentials: { apiKey: "key" },
  };
  const node = (id: string, y: number, options: object = {}) => ({
    ...{ id, type: "gladia-transcribe", z: "tab", name: id, config: "a", audio: "payload", audioType: "msg" },
    ...{ filename: "filename", filenameType: "msg", fetch: false, options, wait: "result", output: "text" },
    ...{ x: 200, y, wires: [[], []] },
  });
  const flows = [{ id: "tab", type: "tab", label: "t" }, account, node("n", 80), node("m", 160, { diarization: true })];
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;

  const saved = async (id: string) => (await nodeRed.flows()).find((found) => found["id"] === id) ?? {};
  const invalid = async () => (await editor.invalid()).join();
  const paste = (target: Locator, text: string) =>
    target.evaluate((element, pasted) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", pasted);
      element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    }, text);
  const field = (path: string) => editor.page.locator(`[data-option="${path}"]`);
  /** Waits until a field says something: with much to look at, that comes once the typing rests. */
  const says = (path: string, pattern: RegExp, kind = "error") =>
    field(path).locator(`.gladia-${kind}`).filter({ hasText: pattern }).waitFor();
  const cancel = async () => {
    await editor.page.click("#node-dialog-cancel, #node-config-dialog-cancel");
    await editor.page.locator(".red-ui-tray").waitFor({ state: "detached" });
  };
  const clear = (id: string) =>
    editor.page.evaluate(`RED.nodes.node("${id}").options = {}; RED.editor.validateNode(RED.nodes.node("${id}"))`);

  /** Fills one field as its kind asks for. */
  const fill = async (path: string, value: unknown) => {
    const row = field(path);
    const control = editor.option(path);
    if ((await row.locator(".gladia-table").count()) > 0) {
      const rows = Array.isArray(value)
        ? value.map((item) =>
            typeof item === "string"
              ? item
              : [item.value, item.pronunciations, item.intensity, item.language].join("\t"),
          )
        : Object.entries(value as object).map(([key, content]) => `${key}\t${content}`);
      await paste(editor.cell(path, 1, 1), rows.join("\r\n"));
    } else if ((await row.locator(".gladia-picker").count()) > 0) {
      for (const item of value as string[]) {
        await control.fill(item);
        await control.press("Enter");
      }
    } else if ((await row.locator("input[type=checkbox]").count()) > 0) {
      for (const item of value as string[]) await row.locator(`input[value=${item}]`).check();
    } else if (await control.evaluate((element) => element.tagName === "SELECT")) {
      await control.selectOption(String(value));
    } else await control.fill(Array.isArray(value) ? value.join("\n") : String(value));
  };

  before(async () => {
    [nodeRed, browser] = await Promise.all([startNodeRed(), startBrowser()]);
    await nodeRed.deploy(flows);
    editor = await Editor.open(browser, nodeRed.url);
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
  });
  beforeEach(async () => {
    if ((await editor.page.locator(".red-ui-tray").count()) > 0) await cancel(); // of a try that failed
  });
  afterEach(() => should(editor.complaints).eql([]));

  it("opens flows of earlier versions without changing them", async () => {
    await editor.openNode("m");
    await editor.done();
    await editor.openAccount("a");
    await editor.openTab("Options");
    await editor.done();
    should(await editor.page.evaluate("RED.nodes.dirty()")).equal(false);
    should((await nodeRed.flows()).map(({ presets, preset }) => presets ?? preset)).eql([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("has a field for every option, and gives back what was filled in", async () => {
    await clear("n");
    await editor.openNode("n");
    for (const group of GROUPS) await editor.openGroup(group);
    const values = Object.entries(FULL).flatMap(([option, value]): [string, unknown][] =>
      /_config$/.test(option)
        ? Object.entries(value).map(([path, inner]) => [`${option}.${path}`, inner])
        : [[option, value]],
    );
    for (const [path, value] of values) await fill(path, value);
    const errors = editor.page.locator(".gladia-error:visible");
    await errors
      .first()
      .waitFor({ state: "detached", timeout: 5000 })
      .catch(() => {}); // what is left is told below
    should(await errors.allTextContents()).eql([]);
    await editor.done();
    should(await invalid()).equal("");
    await editor.deploy();
    should((await saved("n"))["options"]).eql(FULL);

    const dialog = await editor.openNode("n");
    // The groups of a dialog that has just been opened are made one after the other.
    await dialog
      .locator(".gladia-own")
      .nth(values.length - 1)
      .waitFor({ state: "attached" });
    should(await dialog.locator(".gladia-own").count()).equal(values.length);
    should(await dialog.locator("[data-option]").count()).equal(values.length);
    should(await editor.cell(VOCABULARY, 2, 2).inputValue()).equal("beau, bow");
    await dialog.getByRole("tab", { name: "JSON" }).click();
    should(JSON.parse((await dialog.locator(".gladia-sent").textContent()) ?? "")).eql(FULL);
    should(await dialog.locator("b:has-text('Söhne')").count()).equal(0);
    // Monaco looks through what was written for a while, and complains when it is closed meanwhile.
    await editor.page.waitForTimeout(700);
    await editor.done();
    should(await editor.page.evaluate("RED.nodes.dirty()")).equal(false);
  });

  it("says at once what cannot be, and what counts for nothing", async () => {
    await clear("n");
    await editor.openNode("n");
    await editor.openGroup("language");
    await fill("language_config.code_switching", true);
    await says("language_config.code_switching", /Choose the languages/, "advice");
    await fill("language_config.languages", ["fr", "de"]);
    await field("language_config.code_switching").locator(".gladia-advice").waitFor({ state: "hidden" });
    await editor.option("model").fill("solaria-3");
    await says("language_config.languages", /one language only/);
    await editor.openGroup("speakers");
    await fill("diarization", true);
    await fill("diarization_config.min_speakers", 4);
    await fill("diarization_config.max_speakers", 2);
    await says("diarization_config.max_speakers", /greater/);
    await cancel();
  });

  it("takes nonsense from a spreadsheet, runs none of it, and says which row is wrong", async () => {
    await editor.openNode("n");
    await editor.openGroup("vocabulary");
    await fill("custom_vocabulary", true);
    await paste(
      editor.cell(VOCABULARY, 1, 1),
      'fine\t\t0,3\n<script>window.bad = 1</script><img src=x onerror="window.bad = 1">\t\tmuch\tKlingon\n\n\u0000\t"x',
    );
    await says(VOCABULARY, /Words, row 2: Strength must be a number \(and 1 more\)/);
    await fill("custom_spelling", true);
    await paste(editor.cell(SPELLING, 1, 1), "=SUM(A1)\t#REF!\t1\n__proto__\tx");
    should(await field(SPELLING).locator(".gladia-error").textContent()).equal("");
    should(await editor.page.evaluate("window.bad")).equal(undefined);
    await editor.done();
    should(await invalid()).match(/intensity must be a number/);
    should(await editor.page.evaluate("window.bad")).equal(undefined);
    await clear("n");
  });

  it("says which row is wrong as a whole", async () => {
    await editor.page.evaluate(`RED.nodes.node("n").options = {
      custom_vocabulary: true, custom_vocabulary_config: { vocabulary: ["fine", 5] } }`);
    await editor.openNode("n");
    await editor.openGroup("vocabulary");
    await says(VOCABULARY, /^Words, row 2 must be /);
    await cancel();
    await clear("n");
  });

  it("takes 10,000 words as text instead of fields", async () => {
    await editor.openNode("n");
    await editor.openGroup("vocabulary");
    await fill("custom_vocabulary", true);
    const words = Array.from({ length: 10_000 }, (_, i) => `word ${i}\tsound ${i}\t0.5\ten`).join("\n");
    await paste(editor.cell(VOCABULARY, 1, 1), words);
    const area = editor.page.locator(`[data-option="${VOCABULARY}"] textarea`);
    await area.waitFor();
    await area.press("End");
    await area.press("Backspace");
    await area.press("n");
    // A table of so many rows would take a field for each cell.
    should(await editor.page.locator(".red-ui-tray input").count()).be.below(500);
    await editor.done();
    await editor.deploy();
    const { custom_vocabulary_config: config } = (await saved("n"))["options"] as Record<
      string,
      { vocabulary: object[] }
    >;
    should(config?.vocabulary).have.length(10_000);
    should(config?.vocabulary[9]).eql({ value: "word 9", pronunciations: ["sound 9"], intensity: 0.5, language: "en" });
    await clear("n");
  });

  it("saves options as a preset, uses, renames and removes it", async () => {
    const dialog = await editor.openNode("m");
    await dialog.getByRole("button", { name: "Save these options" }).click();
    await dialog.locator(".gladia-name").fill("interview");
    await dialog.locator(".gladia-name").press("Enter");
    await editor.openGroup("speakers");
    should(await editor.option("diarization").locator("option").first().textContent()).equal("preset: on");
    await editor.done();
    await editor.deploy();
    should(await saved("m")).match({ preset: "interview", options: {} });
    should((await saved("a"))["presets"]).eql({ interview: { diarization: true } });

    await editor.openAccount("a");
    await editor.openTab("Options");
    await editor.page.locator("#gladia-account-preset").selectOption("interview");
    await editor.openGroup("speakers");
    await fill("diarization_config.max_speakers", 2);
    await editor.page.getByRole("button", { name: "Rename" }).click();
    await editor.page.locator(".gladia-name").fill("talk");
    await editor.page.locator(".gladia-name").press("Enter");
    await editor.done();
    await editor.deploy();
    should(await saved("a")).match({
      options: { sentences: false },
      presets: { talk: { diarization: true, diarization_config: { max_speakers: 2 } } },
    });
    should((await saved("m"))["preset"]).equal("talk");
    should(await invalid()).equal("");

    await editor.openAccount("a");
    await editor.openTab("Options");
    await editor.page.locator("#gladia-account-preset").selectOption("talk");
    await editor.page.getByRole("button", { name: "Delete", exact: true }).last().click();
    await editor.done();
    should(await invalid()).match(/no preset called "talk"/);
    await editor.page.evaluate("RED.history.pop()");
    should(await invalid()).equal("");
  });

  it("passes on options that are new, and tells a slip from them", async () => {
    const dialog = await editor.openNode("n");
    const write = (options: object) =>
      editor.page.evaluate(`monaco.editor.getModels().at(-1).setValue(${JSON.stringify(JSON.stringify(options))})`);
    await dialog.getByRole("tab", { name: "JSON" }).click();
    await write({ diarisation: true });
    await dialog.getByText("did you mean diarization").waitFor();
    await write({ audio_enhancement: true });
    await dialog.getByText("will be sent as it is: audio_enhancement").waitFor();
    await editor.done();
    should(await invalid()).equal("");
    await editor.deploy();
    should((await saved("n"))["options"]).eql({ audio_enhancement: true });
  });

  it("shows what a node takes away as taken away", async () => {
    const removes = { sentences: null, diarization: null, language_config: { languages: null }, custom_metadata: null };
    const given = {
      sentences: true,
      diarization: true,
      language_config: { languages: ["fr"] },
      custom_metadata: { a: 1 },
    };
    await editor.page.evaluate(`Object.assign(RED.nodes.node("a"), ${JSON.stringify({ options: given })})`);
    await editor.page.evaluate(`Object.assign(RED.nodes.node("n"), ${JSON.stringify({ options: removes })})`);
    const dialog = await editor.openNode("n");
    const taken = "taken away here";
    const chosen = (path: string) => editor.option(path).locator("option:checked").textContent();
    should(await chosen("sentences")).equal(taken);
    should(await chosen("diarization")).equal(taken);
    should(await editor.option("language_config.languages").getAttribute("placeholder")).equal(taken);
    should(await editor.cell("custom_metadata", 1, 1).getAttribute("placeholder")).equal(taken);
    const summary = dialog.locator(".gladia-group[data-group=speakers] .gladia-summary");
    should(await summary.textContent()).equal(`Tell speakers apart: ${taken}`);
    should(await dialog.locator(".gladia-own").count()).equal(4);
    await editor.option("sentences").selectOption("true");
    await editor.option("sentences").selectOption("");
    should(await chosen("sentences")).equal("account: on");
    await cancel();
  });

  it("fits narrow windows", async () => {
    await editor.page.setViewportSize({ width: 360, height: 800 });
    const dialog = await editor.openNode("n");
    for (const group of GROUPS) await editor.openGroup(group);
    const wide = await dialog.locator(".gladia-form").evaluate((form) => form.scrollWidth - form.clientWidth);
    should(wide).be.belowOrEqual(0);
    await cancel();
  });
});
