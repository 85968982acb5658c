import type { Browser } from "playwright-core";
import should from "should";
import { startBrowser } from "../support/browser";
import { Editor } from "../support/editor";
import { type Engine, startEngine } from "../support/engine";
import { allExamples, EXAMPLES, type FlowNode } from "../support/examples";
import { type NodeRedProcess, startNodeRed } from "../support/node-red-process";

const one = (type: string): FlowNode => {
  const node = [...EXAMPLES.values()].flat().find((candidate) => candidate.type === type);
  if (!node) throw new Error(`No example has a ${type}`);
  return node;
};

describe("the editor", function () {
  this.timeout(90_000);
  const account = one("gladia-config").id;
  let engine: Engine;
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;

  const saved = async (id: string) => (await nodeRed.flows()).find((node) => node["id"] === id) ?? {};

  before(async () => {
    [engine, nodeRed, browser] = await Promise.all([startEngine(), startNodeRed(), startBrowser()]);
    await nodeRed.deploy(allExamples({ apiUrl: engine.url, credentials: { apiKey: "key" } }));
    editor = await Editor.open(browser, nodeRed.url);
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    await engine?.close();
  });
  afterEach(() => should(editor.complaints).eql([]));

  it("loads every example without an invalid or unknown node", async () => {
    should(await editor.invalid()).eql([]);
  });

  it("keeps what the upload dialog says", async () => {
    const { id } = one("gladia-upload");
    const dialog = await editor.openNode(id);
    await dialog.locator("#node-input-name").fill("send it");
    await dialog.locator("#node-input-fetch").check();
    await editor.done();
    await editor.deploy();
    should(await saved(id)).match({
      name: "send it",
      fetch: true,
      audio: "payload",
      audioType: "msg",
      config: account,
    });
  });

  it("builds the options of a transcription from its fields", async () => {
    const { id } = one("gladia-transcribe");
    const dialog = await editor.openNode(id);
    await editor.openGroup("language");
    await editor.option("language_config.languages").fill("fren");
    await dialog.locator(".gladia-list li", { hasText: "French" }).click();
    await editor.option("language_config.languages").fill("deutsch");
    await editor.option("language_config.languages").press("Enter");
    await editor.openGroup("speakers");
    await editor.option("diarization").selectOption("true");
    await editor.option("diarization_config.max_speakers").fill("4");
    await editor.openGroup("vocabulary");
    await editor.option("custom_vocabulary").selectOption("true");
    await editor.cell("custom_vocabulary_config.vocabulary", 1, 1).fill("Node-RED");
    await editor.cell("custom_vocabulary_config.vocabulary", 2, 1).fill("Gladia");
    await editor.option("custom_spelling").selectOption("true");
    await editor.cell("custom_spelling_config.spelling_dictionary", 1, 1).fill("SQL");
    await editor.cell("custom_spelling_config.spelling_dictionary", 1, 2).fill("sequel, S Q L");
    await editor.openGroup("subtitles");
    await editor.option("subtitles").selectOption("true");
    await dialog.locator("[data-option='subtitles_config.formats'] input[value=vtt]").check();
    await dialog.locator("#node-input-output").selectOption("vtt");
    await editor.done();
    await editor.deploy();
    const { options, output } = await saved(id);
    should(output).equal("vtt");
    should(options).eql({
      language_config: { languages: ["fr", "de"] },
      diarization: true,
      diarization_config: { max_speakers: 4 },
      custom_vocabulary: true,
      custom_vocabulary_config: { vocabulary: ["Node-RED", "Gladia"] },
      custom_spelling: true,
      custom_spelling_config: { spelling_dictionary: { SQL: ["sequel", "S Q L"] } },
      subtitles: true,
      subtitles_config: { formats: ["srt", "vtt"] },
    });

    const again = await editor.openNode(id);
    should(await again.locator(".gladia-chip").allTextContents()).eql(["French×", "German×"]);
    should(await editor.option("diarization_config.max_speakers").inputValue()).equal("4");
    should(await editor.cell("custom_spelling_config.spelling_dictionary", 1, 2).inputValue()).equal("sequel, S Q L");
    await editor.option("diarization").selectOption("");
    await editor.done();
    await editor.deploy();
    should((await saved(id))["options"]).not.have.properties("diarization", "diarization_config");
  });

  it("lets the same options be written as JSON, and keeps what no field shows", async () => {
    const { id } = one("gladia-transcribe");
    const written = {
      custom_metadata: { room: 1 },
      custom_vocabulary_config: { vocabulary: [{ value: "Bo", intensity: 1 }] },
    };
    const dialog = await editor.openNode(id);
    // Typing would have Monaco close brackets by itself.
    const write = (text: string) =>
      editor.page.evaluate(`monaco.editor.getModels().at(-1).setValue(${JSON.stringify(text)})`);
    await dialog.getByRole("tab", { name: "JSON" }).click();
    await write('{ "diarization": ');
    await dialog.locator("#node-dialog-ok:disabled").waitFor();
    await write(JSON.stringify({ ...written, custom_vocabulary: true }));
    await dialog.locator("#node-dialog-ok:enabled").waitFor();
    await dialog.getByRole("tab", { name: "Fields" }).click();
    await editor.cell("custom_vocabulary_config.vocabulary", 2, 1).fill("Anna");
    await editor.done();
    await editor.deploy();
    should((await saved(id))["options"]).eql({
      custom_metadata: { room: 1 },
      custom_vocabulary: true,
      custom_vocabulary_config: { vocabulary: [{ value: "Bo", intensity: 1 }, "Anna"] },
    });
  });

  it("shows what the account sets, and marks options that cannot be", async () => {
    const { id } = one("gladia-transcribe");
    await editor.openAccount(account);
    await editor.openTab("Options");
    await editor.openGroup("translation");
    await editor.option("translation").selectOption("true");
    await editor.done();
    should((await editor.invalid()).join()).match(/translation_config\.target_languages is missing/);

    const dialog = await editor.openNode(id);
    await editor.openGroup("translation");
    should(await editor.option("translation").locator("option").first().textContent()).equal("account: on");
    should(
      await dialog.locator("[data-option='translation_config.target_languages'] .gladia-error").textContent(),
    ).match(/missing/);
    await editor.option("translation_config.target_languages").fill("nl");
    await editor.option("translation_config.target_languages").press("Enter");
    await editor.done();
    await editor.openAccount(account);
    await editor.openTab("Options");
    await editor.option("translation").selectOption("");
    await editor.done();
    should(await editor.invalid()).eql([]);
  });

  it("tells why a number of the account will not do", async () => {
    const dialog = await editor.openAccount(account);
    await editor.openTab("Limits");
    await dialog.locator("#node-config-input-concurrency").fill("0");
    await editor.done();
    should((await editor.invalid()).join()).match(/Jobs at once: a whole number, 1 or more/);
    await editor.openAccount(account);
    await editor.openTab("Limits");
    await editor.page.locator("#node-config-input-concurrency").fill("7");
    await editor.done();
    should(await editor.invalid()).eql([]);
    await editor.deploy();
    should(String((await saved(account))["concurrency"])).equal("7");
  });

  it("tests the connection with the saved key, and with one that is not saved", async () => {
    const dialog = await editor.openAccount(account);
    await dialog.locator("#gladia-test-button").click();
    await dialog.locator("#gladia-test-result.gladia-ok").waitFor();
    await dialog.locator("#node-config-input-apiKey").fill("wrong");
    await dialog.locator("#gladia-test-button").click();
    const failure = dialog.locator("#gladia-test-result.gladia-failed");
    await failure.waitFor();
    should(await failure.textContent()).match(/key/);
    await dialog.locator("#node-config-dialog-cancel").click();
    await dialog.waitFor({ state: "detached" });
  });

  it("keeps how get result waits", async () => {
    const { id } = one("gladia-get-result");
    const dialog = await editor.openNode(id);
    should(await dialog.locator("#node-input-deadline").getAttribute("placeholder")).equal("account: 7200");
    await dialog.locator("#node-input-interval").fill("2.5");
    await dialog.locator("#node-input-output").selectOption("dialogue");
    await editor.done();
    await editor.deploy();
    should(await saved(id)).match({ interval: "2.5", output: "dialogue", job: "payload", jobType: "msg" });
  });

  it("speaks French to a French browser", async () => {
    const french = await Editor.open(browser, nodeRed.url, { locale: "fr" });
    const dialog = await french.openNode(one("gladia-transcribe").id);
    should(await dialog.locator("label[for=node-input-config]").textContent()).match(/Compte/);
    await french.openGroup("language");
    await french.option("language_config.languages").fill("allem");
    should(await dialog.locator(".gladia-list li span").first().textContent()).equal("Allemand");
    should(await dialog.textContent()).not.match(/gladia-(config|transcribe)\.\w/);
    should(french.complaints).eql([]);
    await french.page.close();
  });
});
