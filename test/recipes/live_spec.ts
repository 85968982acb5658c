import { writeFile } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "mqtt";
import type { Browser } from "playwright-core";
import should from "should";
import { WebSocket } from "ws";
import { startBrowser } from "../support/browser";
import { speech } from "../support/live";
import { freePort, startBroker } from "../support/programs";
import { hasOthers, type RecipeRun, startRecipes } from "../support/recipes";

/** A page's microphone that is heard for half a second, then silent for one, again and again. */
const MICROPHONE = `navigator.mediaDevices.getUserMedia = async () => {
  const context = new AudioContext();
  const tone = new OscillatorNode(context);
  const loudness = new GainNode(context, { gain: 0 });
  const end = new MediaStreamAudioDestinationNode(context);
  tone.connect(loudness).connect(end);
  for (let at = 0; at < 30; at += 1.5) {
    loudness.gain.setValueAtTime(0.8, context.currentTime + at);
    loudness.gain.setValueAtTime(0, context.currentTime + at + 0.5);
  }
  tone.start();
  return end.stream;
}`;

/** mu-law of 16-bit PCM (ITU-T G.711), of every second sample: 8 kHz. */
function ulaw(pcm: Buffer): Buffer {
  const bytes = Buffer.alloc(Math.floor(pcm.length / 4));
  for (let i = 0; i < bytes.length; i++) {
    const sample = pcm.readInt16LE(i * 4);
    const sign = sample < 0 ? 0x80 : 0;
    const biased = Math.min(Math.abs(sample), 32_635) + 132;
    const exponent = Math.max(0, Math.floor(Math.log2(biased)) - 7);
    bytes[i] = ~(sign | (exponent << 4) | ((biased >> (exponent + 3)) & 0x0f)) & 0xff;
  }
  return bytes;
}

describe("the recipes with live sessions", function () {
  this.timeout(60_000);
  let recipes: RecipeRun;
  let browser: Browser;
  /** Says two things in real time, as a recorder would. */
  let recorder: string;

  before(async function () {
    this.timeout(300_000);
    if (!hasOthers()) this.skip();
    [recipes, browser] = await Promise.all([startRecipes(), startBrowser()]);
    const sound = join(recipes.nodeRed.userDir, "spoken.raw");
    await writeFile(sound, speech(2));
    const script = join(recipes.nodeRed.userDir, "recorder.cjs");
    await writeFile(
      script,
      `const sound = require("node:fs").readFileSync(${JSON.stringify(sound)});
      let at = 0;
      setInterval(() => {
        process.stdout.write(at < sound.length ? sound.subarray(at, at + 3200) : Buffer.alloc(3200, 1));
        at += 3200;
      }, 100);`,
    );
    recorder = `${process.execPath} ${script}`;
  });
  after(async () => {
    await browser?.close();
    await recipes?.close();
  });
  afterEach(() => recipes.engine.control.reset());

  it("Microphone to text", async () => {
    recipes.engine.control.script({ text: ["Good morning.", "Good night."] });
    const flow = await recipes.run("Microphone to text", { exec: { command: recorder } });
    await recipes.press(flow, "start");
    should((await recipes.sidebar.next("said")).trim()).equal("Good morning.");
    should((await recipes.sidebar.next("said")).trim()).equal("Good night.");
    await recipes.press(flow, "stop");
    await recipes.nodeRed.deploy([]);
  });

  it("Live captions page", async () => {
    recipes.engine.control.script({ text: ["Hello, everybody.", "Can you read me?"] });
    await recipes.run("Live captions page");
    const page = await browser.newPage({ viewport: { width: 1000, height: 600 } });
    await page.addInitScript(MICROPHONE);
    await page.goto(`${recipes.nodeRed.url}captions`);
    await page.getByText("Waiting for somebody to speak.").waitFor();
    await page.getByRole("button", { name: "Use this microphone" }).click();
    await page.locator("p.new", { hasText: "Hello, everybody." }).waitFor();
    await page.locator("p.new", { hasText: "Can you read me?" }).waitFor();
    const lines = await page.locator("p.new").allTextContents();
    should(lines.slice(0, 2)).eql(["Hello, everybody.", "Can you read me?"]);
    const picture = process.env["PICTURE"];
    if (picture) await page.screenshot({ path: picture });
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("button", { name: "Use this microphone" }).waitFor();
    await page.close();
  });

  it("Phone call to text", async () => {
    recipes.engine.control.script({ text: ["Is this the bakery?"] });
    await recipes.run("Phone call to text");
    const answer = await fetch(`${recipes.nodeRed.url}call`, { method: "POST" });
    should(await answer.text()).match(/<Stream url="wss:.*\/call\/audio" track="both_tracks"\/>/);
    const socket = new WebSocket(`${recipes.nodeRed.url.replace(/^http/, "ws")}call/audio`);
    await new Promise((resolve) => socket.once("open", resolve));
    const streamSid = "MZ1";
    const send = (event: object) => socket.send(JSON.stringify({ streamSid, ...event }));
    const mediaFormat = { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 };
    send({ event: "connected", protocol: "Call", version: "1.0.0" });
    send({ event: "start", start: { streamSid, callSid: "CA1", tracks: ["inbound", "outbound"], mediaFormat } });
    // One speaks first, the other after him; the engine's script is said on each channel.
    const spoken = ulaw(speech(1));
    const quiet = Buffer.alloc(spoken.length, 0xff);
    const sides = { inbound: Buffer.concat([spoken, quiet]), outbound: Buffer.concat([quiet, spoken]) };
    for (let at = 0, chunk = 1; at < 2 * spoken.length; at += 160, chunk++) {
      for (const [track, sound] of Object.entries(sides)) {
        const payload = sound.subarray(at, at + 160).toString("base64");
        send({ event: "media", media: { track, chunk: String(chunk), timestamp: String(at / 8), payload } });
      }
    }
    send({ event: "stop", stop: { callSid: "CA1" } });
    const said = [await recipes.sidebar.next("the call"), await recipes.sidebar.next("the call")];
    should(said.sort()).eql(["Agent: Is this the bakery?", "Caller: Is this the bakery?"]);
    socket.close();
  });

  it("Asterisk call to text", async () => {
    recipes.engine.control.script({ text: ["Front desk, good evening."] });
    const port = await freePort();
    await recipes.run("Asterisk call to text", { AudioSocket: { port: String(port) } });
    const socket = connectTcp(port, "127.0.0.1");
    const frame = (kind: number, bytes: Buffer) => {
      const head = Buffer.alloc(3);
      head.writeUInt8(kind);
      head.writeUInt16BE(bytes.length, 1);
      return Buffer.concat([head, bytes]);
    };
    const sound = speech(1);
    const frames = [frame(0x01, Buffer.from("00112233445566778899aabbccddeeff", "hex"))];
    for (let at = 0; at < sound.length; at += 640) frames.push(frame(0x12, sound.subarray(at, at + 640)));
    frames.push(frame(0x00, Buffer.alloc(0)));
    const all = Buffer.concat(frames);
    // Split wherever the network pleases.
    for (let at = 0; at < all.length; at += 1001) {
      socket.write(all.subarray(at, at + 1001));
      await sleep(1);
    }
    should((await recipes.sidebar.next("the call")).trim()).equal("Front desk, good evening.");
    socket.destroy();
  });

  it("Voice command to MQTT", async function () {
    const broker = await startBroker();
    if (!broker) {
      console.log("      skipped: needs mosquitto on the PATH");
      this.skip();
    }
    const client = connect(`mqtt://127.0.0.1:${broker.port}`);
    try {
      await client.subscribeAsync("home/light/set");
      const set = new Promise((resolve) => client.once("message", (_topic, payload) => resolve(payload.toString())));
      recipes.engine.control.script({ text: ["What a day.", "Please turn on the light."] });
      const flow = await recipes.run("Voice command to MQTT", {
        exec: { command: recorder },
        "mqtt-broker": { broker: "127.0.0.1", port: String(broker.port) },
      });
      await recipes.press(flow, "start");
      should(await set).equal("ON");
      await recipes.press(flow, "stop");
    } finally {
      await recipes.nodeRed.deploy([]);
      await client.endAsync(true);
      await broker.stop();
    }
  });
});
