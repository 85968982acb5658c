import { readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { DebugSidebar } from "../support/debug";
import { type Engine, startEngine, wav } from "../support/engine";
import { EXAMPLES, type FlowNode } from "../support/examples";
import { speech } from "../support/live";
import { type NodeRedProcess, startNodeRed } from "../support/node-red-process";
import { freePort } from "../support/programs";
import { WyomingClient } from "../support/wyoming";

describe("the examples", function () {
  this.timeout(60_000);
  let engine: Engine;
  let nodeRed: NodeRedProcess;
  let files: Server;
  let sidebar: DebugSidebar;

  /** Deploys one example as the Import menu gives it, but for the account's address and key. */
  const run = async (file: string, change: (node: FlowNode) => FlowNode = (node) => node, more: object = {}) => {
    const account = { apiUrl: engine.url, credentials: { apiKey: "key" }, ...more };
    const flow = (EXAMPLES.get(file) ?? []).map((node) =>
      node.type === "gladia-config" ? { ...node, ...account } : change(node),
    );
    await nodeRed.deploy(flow);
    return flow;
  };
  const press = async (flow: FlowNode[], name: string) => {
    const inject = flow.find((node) => node.type === "inject" && node["name"] === name);
    should((await fetch(`${nodeRed.url}inject/${inject?.id}`, { method: "POST" })).status).equal(200);
  };
  const upload = (content: BlobPart, name: string) => {
    const form = new FormData();
    form.append("recording", new File([content], name));
    return fetch(`${nodeRed.url}transcribe`, { method: "POST", body: form });
  };

  before(async () => {
    [engine, nodeRed] = await Promise.all([startEngine(), startNodeRed()]);
    files = createServer((_request, response) => response.end(wav(1, 7)));
    await new Promise<void>((resolve) => files.listen(0, "127.0.0.1", resolve));
    await writeFile(join(nodeRed.userDir, "recording.wav"), wav());
    sidebar = await DebugSidebar.open(nodeRed.url);
  });
  after(async () => {
    sidebar?.close();
    files?.close();
    await nodeRed?.stop();
    await engine?.close();
  });

  it("transcribe a file", async () => {
    await press(await run("1 transcribe a file.json"), "recording.wav");
    should(await sidebar.next("the text")).match(/speech of recording\.wav/);
  });

  it("Home Assistant speech to text: what is said comes back as the devices are called", async () => {
    const port = await freePort();
    engine.control.settings.languages = "any";
    engine.control.script({ text: ["switch on", "the telly"] });
    await run("9 Home Assistant speech to text.json", (node) =>
      node.type === "gladia-wyoming" ? { ...node, port: String(port), replyTimeout: "20" } : node,
    );
    let client: WyomingClient | undefined;
    while (!client) client = await WyomingClient.connect(port).catch(() => sleep(20, undefined));
    client.speak({ rate: 16_000, width: 2, channels: 1 }, speech(2));
    should(await client.next()).eql({ type: "transcript", data: { text: "switch on the TV", language: "en" } });
    client.destroy();
    should(await sidebar.next("what was said")).equal("switch on the telly");
    engine.control.reset();
  });

  it("transcribe a file: what goes wrong is told", async () => {
    const flow = await run("1 transcribe a file.json", (node) =>
      node.type === "inject" ? { ...node, payload: "elsewhere.wav" } : node,
    );
    await press(flow, "recording.wav");
    should(await sidebar.next("error")).match(/no file at .*elsewhere\.wav/);
  });

  it("transcribe a link", async () => {
    const payload = `http://127.0.0.1:${(files.address() as AddressInfo).port}/interview.wav`;
    const flow = await run("2 transcribe a link.json", (node) =>
      node.type === "inject" ? { ...node, payload } : node,
    );
    await press(flow, "change this link");
    should(await sidebar.next("the dialogue")).match(/^Speaker 1: speech of interview\.wav/);
  });

  it("three steps", async () => {
    const flow = await run("3 three steps.json");
    await press(flow, "recording.wav");
    const id = await sidebar.next("the job's id");
    should(id).match(/^[\da-f-]{36}$/);
    should(await sidebar.next("the text")).match(/speech of recording\.wav/);
    const later = flow.map((node) => (node["name"] === "a job's id" ? { ...node, payload: id } : node));
    await nodeRed.deploy(later);
    await press(later, "a job's id");
    should(await sidebar.next("its text")).match(/speech of recording\.wav/);
  });

  it("captions and minutes", async () => {
    await writeFile(join(nodeRed.userDir, "meeting.wav"), wav(1, 3));
    await press(await run("7 captions and minutes.json"), "meeting.wav");
    should(await sidebar.next("the minutes")).match(
      /^# meeting\.wav\n\n## Transcript\n\n\*\*Anna\*\* \(0:00\) speech of/,
    );
    should(await sidebar.next("an utterance")).match(/speech of meeting\.wav/);
    should(await sidebar.next("the places")).match(/speech/);
    should(await sidebar.next("the captions")).match(/^1\n00:00:00,000 --> .*\nspeech of meeting\.wav/);
    should(await readFile(join(nodeRed.userDir, "meeting.srt"), "utf8")).match(/^1\n00:00:00,000 --> /);
  });

  it("get told by callback", async () => {
    const flow = await run("5 get told by callback.json", (node) => node, { callbackUrl: nodeRed.url });
    await press(flow, "recording.wav");
    const id = await sidebar.next("the job's id");
    should(id).match(/^[\da-f-]{36}$/);
    should(await sidebar.next("the transcript")).match(/speech of recording\.wav/);
  });

  it("upload from a web page", async () => {
    await run("4 upload from a web page.json");
    const page = await fetch(`${nodeRed.url}transcribe`);
    should(page.headers.get("content-type")).equal("text/html; charset=utf-8");
    should(await page.text()).match(/<form method="post" enctype="multipart\/form-data">/);

    const answer = await upload(new Uint8Array(wav()), "dictée.wav");
    should(answer.status).equal(200);
    should(await answer.text()).match(/^speech of dictée\.wav/);
  });

  it("upload from a web page: the file is called as it was typed", async () => {
    await run("4 upload from a web page.json");
    const answer = await upload(new Uint8Array(wav()), "Interview Müller.m4a");
    should(await answer.text()).match(/^speech of Interview Müller\.m4a/);
  });

  it("upload from a web page: what cannot be transcribed is answered too", async () => {
    await run("4 upload from a web page.json");
    const answer = await upload("Dear reader, I am no sound at all.", "letter.txt");
    should(answer.status).equal(422);
    should(await answer.text()).match(/^This recording could not be transcribed\.\n\n.*text, not audio/);
  });
});
