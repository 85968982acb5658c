import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { addressOf, post } from "../support/callbacks";
import { MortalNodeRed } from "../support/mortal-node-red";
import { addSlowNode } from "../support/slow-node";

const ROOT = join(__dirname, "..", "..");

/** Larger than Node-RED's own parser takes. */
const LARGE = { id: "x", event: "transcription.success", payload: { text: "x".repeat(6_000_000) } };

/** More than a walk from value to value can go down. */
const DEEP = `{"id":"x","event":"live.transcript","payload":${"[".repeat(5000)}${"]".repeat(5000)}}`;

const flowFor = (callbackUrl: string) => [
  { id: "t", type: "tab", label: "callbacks" },
  { id: "acc", type: "gladia-config", apiUrl: "http://127.0.0.1:1", callbackUrl },
  { id: "in", z: "t", type: "http in", url: "/gladia/:one/:two", method: "post", wires: [["out"]], x: 1, y: 1 },
  { id: "out", z: "t", type: "http response", statusCode: "418", wires: [], x: 1, y: 1 },
];

describe("the callback address under Node-RED's roots", function () {
  this.timeout(60_000);
  let red: MortalNodeRed | undefined;

  const start = async (settings: string) => {
    red = await MortalNodeRed.create(flowFor("https://node-red.example.org"), { acc: { apiKey: "key" } }, settings);
    await addSlowNode(red.folder);
    await red.start();
    const { url } = red;
    for (let n = 0; n < 100 && (await fetch(addressOf("acc", url)).catch(() => undefined))?.status !== 204; n++) {
      await sleep(20);
    }
    return { url, red };
  };
  afterEach(async () => {
    await red?.stop();
    red = undefined;
  });

  const takesAt = async (bases: string[]) => {
    for (const base of bases) {
      const url = addressOf("acc", base);
      should((await fetch(url)).status).equal(204, base);
      should((await post(url, LARGE)).status).equal(200, base);
      should((await post(url, DEEP)).status).equal(400, base);
      should((await post(url.replace(/.$/, "!"), LARGE)).status).not.equal(200, base);
      should((await post(`${url.slice(0, -1)}_`, { id: "x" })).status).equal(404, base);
    }
  };

  it("default ones, with other routes left alone, before and after redeploys", async () => {
    const { url, red } = await start("");
    await takesAt([url]);
    should((await post(`${url}/gladia/one/two`, {})).status).equal(418);
    should((await post(`${url}/gladia/one/two`, LARGE)).status).equal(413);
    for (let n = 0; n < 3; n++) {
      await red.redeploy(flowFor("https://node-red.example.org"));
      while ((await fetch(addressOf("acc", url))).status !== 204) await sleep(10);
      await takesAt([url]);
    }
    await red.redeploy(flowFor(""));
    should((await post(addressOf("acc", url), {})).status).equal(418);
    should((await fetch(`${url}/settings`)).status).equal(200);
  });

  it("default ones: what comes during a deploy is answered after it, and at once where the account is gone", async () => {
    const { url, red } = await start("");
    const address = addressOf("acc", url);
    const closing = { id: "slow", z: "t", type: "slow", closing: 500, wires: [[]], x: 1, y: 1 };
    const flow = flowFor("https://node-red.example.org");
    await red.redeploy([...flow, closing]);
    const answers: number[] = [];
    let isOver = false;
    const sending = (async () => {
      for (; !isOver; ) answers.push((await post(address, { id: "x", event: "transcription.success" })).status);
    })();
    await red.redeploy([...flow, { ...closing, name: "another" }]);
    isOver = true;
    await sending;
    should(answers.length).be.above(0);
    should(answers.filter((status) => status !== 200)).be.empty();
    // Its account goes: nothing waits for it.
    const gone = flow.filter(({ id }) => id !== "acc");
    await red.redeploy(gone);
    should((await post(address, {})).status).equal(418);
  });

  it("different ones", async () => {
    const { url } = await start('httpAdminRoot: "/red", httpNodeRoot: "/api",');
    await takesAt([url, `${url}/api`, `${url}/red`]);
    should((await post(`${url}/api/gladia/one/two`, {})).status).equal(418);
  });

  it("without an editor", async () => {
    const { url } = await start("httpAdminRoot: false,");
    await takesAt([url]);
    should((await post(`${url}/gladia/one/two`, {})).status).equal(418);
  });

  it("without HTTP for flows: nothing is received, and that is told", async () => {
    const { url, red } = await start("httpNodeRoot: false,");
    should((await post(addressOf("acc", url), { id: "x" })).status).equal(404);
    should(red.log).match(/httpNodeRoot is false in settings\.js/);
  });

  it("with passwords for editor and flows, which Gladia does not have; the address itself needs one", async () => {
    const hash = "$2b$08$abcdefghijklmnopqrstuuKwVZ5G5nEqVpCk9fUGLKwzEYSPE9AYi";
    const { url } = await start(
      `httpNodeAuth: { user: "u", pass: "${hash}" },
       adminAuth: { type: "credentials", users: [{ username: "u", password: "${hash}", permissions: "*" }] },`,
    );
    await takesAt([url]);
    should((await post(`${url}/gladia/one/two`, {})).status).equal(401);
    for (const path of ["/gladia-config/callback", "/gladia-config/callback/check"]) {
      should((await post(url + path, { id: "acc", callbackUrl: "https://x.org" })).status).equal(401);
    }
  });

  for (const parser of ["", "app.use(express.json({ limit: '50mb' }));"]) {
    it(`in a program that keeps its server to itself${parser ? ", and parses JSON before Node-RED" : ""}`, async () => {
      const folder = await mkdtemp(join(tmpdir(), "node-red-embedded-"));
      await writeFile(join(folder, "flows.json"), JSON.stringify(flowFor("https://node-red.example.org")));
      await writeFile(join(folder, "flows_cred.json"), JSON.stringify({ acc: { apiKey: "key" } }));
      const other = process.env["NODE_RED"] ?? ROOT;
      const program = `
        const { createRequire } = require("node:module");
        const red = createRequire(${JSON.stringify(join(other, "node_modules/"))});
        const RED = red("node-red");
        const express = createRequire(red.resolve("node-red"))("express");
        const app = express();
        ${parser}
        RED.init({ userDir: ${JSON.stringify(folder)}, flowFile: "flows.json", nodesDir: ${JSON.stringify(ROOT)},
          credentialSecret: "test", disableEditor: true, httpAdminRoot: "/red", httpNodeRoot: "/api",
          telemetry: { enabled: false, updateNotification: false } });
        app.use("/red", RED.httpAdmin);
        app.use("/api", RED.httpNode);
        const server = require("node:http").createServer(app).listen(0, "127.0.0.1", () => {
          RED.start().then(() => console.log("PORT=" + server.address().port));
        });`;
      const node = join(other, "node_modules/node/bin/node");
      const child = spawn(existsSync(node) ? node : process.execPath, ["-e", program], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      try {
        let log = "";
        child.stdout.on("data", (data) => {
          log += data;
        });
        while (!/PORT=\d+/.test(log) || !/Started flows/.test(log)) {
          should(child.exitCode).equal(null, log);
          await sleep(20);
        }
        const base = `http://127.0.0.1:${/PORT=(\d+)/.exec(log)?.[1]}`;
        for (let n = 0; n < 100 && (await fetch(addressOf("acc", `${base}/api`))).status !== 204; n++) await sleep(20);
        await takesAt([`${base}/api`]);
        should((await post(`${base}/api/gladia/one/two`, {})).status).equal(418);
      } finally {
        child.kill("SIGKILL");
        await rm(folder, { recursive: true, force: true });
      }
    });
  }
});
