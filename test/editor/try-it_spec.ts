import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Locator } from "playwright-core";
import should from "should";
import { wavOf } from "../../nodes/editor/try/recorder";
import { startBrowser } from "../support/browser";
import { Editor } from "../support/editor";
import { type Engine, startEngine, wav } from "../support/engine";
import { type NodeRedProcess, startNodeRed } from "../support/node-red-process";

const EVIL = `<img src=x onerror="window.hacked=1"><script>window.hacked=2</script>`;

describe("Try it", function () {
  this.timeout(60_000);
  let engine: Engine;
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;
  let panel: Locator;

  const place = { z: "tab", x: 200, y: 100 };
  const choose = (buffer: Buffer, name = "clip.wav") =>
    panel.locator("input[type=file]").setInputFiles({ name, mimeType: "audio/wav", buffer });
  const go = () => panel.getByRole("button", { name: "Transcribe" }).click();

  before(async () => {
    [engine, nodeRed, browser] = await Promise.all([startEngine(), startNodeRed(), startBrowser()]);
    await nodeRed.deploy([
      { id: "tab", type: "tab", label: "test" },
      { id: "acc", type: "gladia-config", name: "mine", apiUrl: engine.url, credentials: { apiKey: "key" } },
      { id: "tr", type: "gladia-transcribe", ...place, config: "acc", wires: [[], []] },
    ]);
    editor = await Editor.open(browser, nodeRed.url);
    const dialog = await editor.openNode("tr");
    panel = dialog.locator(".gladia-try");
    await panel.locator("summary").click();
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    await engine?.close();
  });
  afterEach(() => should(editor.complaints).eql([]));

  it("says that it costs, and waits for a clip", async () => {
    should(await panel.textContent()).match(/bills it like any other job/);
    should(await panel.getByRole("button", { name: "Transcribe" }).isDisabled()).be.true();
  });

  it("transcribes a file with options that are not deployed", async () => {
    engine.control.script({ text: "Only a try.", times: 1 });
    await editor.openGroup("language");
    await editor.option("language_config.languages").fill("fr");
    await editor.option("language_config.languages").press("Enter");
    await choose(wav(1));
    await go();
    const text = panel.locator("pre");
    await text.waitFor();
    should(await text.textContent()).equal("Only a try.");
    await panel.getByRole("tab", { name: "JSON" }).click();
    const job = JSON.parse((await text.textContent()) ?? "");
    should(job.status).equal("done");
    should(job.request_params.language_config.languages).eql(["fr"]);
  });

  it("runs nothing that stands in a transcript or a name", async () => {
    engine.control.script({ text: EVIL, times: 1 });
    await choose(wav(1, 2), `${EVIL}.wav`);
    await go();
    await panel.locator("pre", { hasText: "<script>" }).waitFor();
    should(await editor.page.evaluate("window.hacked")).equal(undefined);
  });

  it("says what went wrong, with its code", async () => {
    await choose(Buffer.from("Dear reader, I am no sound at all."));
    await go();
    const fault = panel.getByRole("alert");
    await fault.locator("code", { hasText: "GLADIA_AUDIO" }).waitFor();
    should(await fault.textContent()).match(/text, not audio/);
    const large = join(nodeRed.userDir, "large.wav");
    await writeFile(large, Buffer.alloc(25_000_001));
    await panel.locator("input[type=file]").setInputFiles(large);
    should(await fault.textContent()).match(/too large/);
    should(await panel.getByRole("button", { name: "Transcribe" }).isDisabled()).be.true();
  });

  it("stops when told so", async () => {
    engine.control.script({ processing: 60_000, times: 1 });
    await choose(wav(1, 3));
    await go();
    await panel.getByText("running").waitFor();
    await panel.getByRole("button", { name: "Cancel" }).click();
    await panel.getByText("Cancelled.").waitFor();
  });

  it("records from the microphone", async () => {
    await editor.page.evaluate(`navigator.mediaDevices.getUserMedia = async () => {
      const context = new AudioContext();
      const tone = new OscillatorNode(context);
      const end = new MediaStreamAudioDestinationNode(context);
      tone.connect(end);
      tone.start();
      return end.stream;
    }`);
    engine.control.script({ text: "What was said.", times: 1 });
    await panel.getByRole("button", { name: "Record" }).click();
    await editor.page.waitForTimeout(1200);
    await panel.getByRole("button", { name: "Stop" }).click();
    await panel.getByText("recording.wav").waitFor();
    await go();
    await panel.locator("pre", { hasText: "What was said." }).waitFor();
    await panel.getByRole("tab", { name: "JSON" }).click();
    const { file } = JSON.parse((await panel.locator("pre").textContent()) ?? "");
    should(file.audio_duration).be.within(0.7, 3);
  });

  it("writes WAV files", () => {
    const file = Buffer.from(wavOf(new Float32Array([0, 1, -1, 2])));
    should(file.subarray(0, 44).equals(wav(4 / 16_000).subarray(0, 44))).be.true();
    should([0, 1, 2, 3].map((i) => file.readInt16LE(44 + i * 2))).eql([0, 32767, -32767, 32767]);
  });
});
