import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import should from "should";
import { WebSocket } from "undici";
import { callbackSecret } from "../../src/callbacks/address";
import { startAttacker } from "../support/attacker";
import { type Engine, startEngine, wav } from "../support/engine";
import { login, type NodeRedProcess, startNodeRed, USERS } from "../support/node-red-process";

const KEY = "the-saved-key-of-the-account";
const VARIABLE = "what-stands-in-the-environment";
const WORDS = "what was said behind closed doors";
const CALLBACK_SECRET = callbackSecret(KEY, "acc");
const SECRETS = [KEY, VARIABLE, CALLBACK_SECRET, "password-of-the-proxy"];

const USER_NAMES = ["tester", "editor", "status", "viewer", "admin"] as const;
type User = (typeof USER_NAMES)[number];

describe("attack: requests to the admin API", function () {
  this.timeout(60_000);
  let engine: Engine;
  let nodeRed: NodeRedProcess;
  let attacker: Awaited<ReturnType<typeof startAttacker>>;
  const tokens = {} as Record<User, string>;
  const answers: string[] = [];

  const ask = async (user: User, path: string, body?: unknown, method = body === undefined ? "GET" : "POST") => {
    const answer = await fetch(`${nodeRed.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${tokens[user]}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    answers.push(text);
    return { status: answer.status, text, json: () => JSON.parse(text) };
  };
  const tryIt = async (user: User, about: unknown, audio = wav(1)) => {
    const answer = await fetch(`${nodeRed.url}gladia-transcribe/try`, {
      method: "POST",
      headers: { authorization: `Bearer ${tokens[user]}`, "content-type": "application/octet-stream" },
      body: Buffer.concat([Buffer.from(`${JSON.stringify(about)}\n`), audio]),
    });
    const text = await answer.text();
    answers.push(text);
    const lines = text.trim().split("\n");
    return { status: answer.status, last: JSON.parse(lines.at(-1) || "{}") };
  };
  /** Nothing of what has to stay home was heard outside, or stands in an answer. */
  const isSafe = (told = answers) => {
    for (const secret of SECRETS) {
      should(attacker.heard.filter((text) => text.includes(secret))).eql([], `sent: ${secret}`);
      should(told.filter((text) => text.includes(secret))).eql([], `answered: ${secret}`);
    }
  };

  before(async () => {
    [engine, attacker] = await Promise.all([startEngine(KEY), startAttacker()]);
    nodeRed = await startNodeRed({
      settings: { adminAuth: USERS },
      env: { THE_SECRET: VARIABLE, GLADIA_KEY: KEY, GLADIA_HOST: new URL(engine.url).host },
    });
    await writeFile(join(nodeRed.userDir, "private name.wav"), wav(1));
    for (const user of USER_NAMES) tokens[user] = await login(nodeRed.url, user);
    const proxy = { name: "", noproxy: [], url: attacker.url };
    await nodeRed.deploy(
      [
        { id: "tab", type: "tab", label: "test" },
        {
          ...{ id: "acc", type: "gladia-config", name: "account", apiUrl: "http://${GLADIA_HOST}" },
          ...{ callbackUrl: nodeRed.url, credentials: { apiKey: "${GLADIA_KEY}" } },
        },
        {
          id: "proxy",
          type: "http proxy",
          ...proxy,
          credentials: { username: "u", password: "password-of-the-proxy" },
        },
        {
          id: "go",
          type: "inject",
          z: "tab",
          props: [{ p: "payload" }],
          payload: "private name.wav",
          payloadType: "str",
          wires: [["tr"]],
        },
        { id: "tr", type: "gladia-transcribe", z: "tab", config: "acc", wires: [[], []] },
      ],
      tokens.admin,
    );
  });
  after(async () => {
    await nodeRed?.stop();
    await engine?.close();
    await attacker?.close();
  });
  beforeEach(() => {
    attacker.heard.length = 0;
    answers.length = 0;
    engine.control.reset();
    engine.control.settings.languages = "any";
  });

  /** What a request may say of an account so that its secrets would go elsewhere. */
  const elsewhere = (): Record<string, unknown>[] => [
    { apiUrl: attacker.url, apiKey: "__PWRD__" },
    { apiUrl: attacker.url },
    { apiUrl: attacker.url, apiKey: "${THE_SECRET}" },
    { apiUrl: attacker.url, apiKey: "${GLADIA_KEY}" },
    { apiUrl: `${attacker.url}/\${THE_SECRET}`, apiKey: "x" },
    { apiUrl: "http://${GLADIA_HOST}", apiKey: "__PWRD__", proxy: "proxy" },
    { apiUrl: "http://${GLADIA_HOST}", apiKey: "__PWRD__", timeout: "${THE_SECRET}" },
    { apiUrl: "http://${GLADIA_HOST}", apiKey: "__PWRD__", tls: "proxy" },
    { apiUrl: `${engine.url.replace("//", "//x:${THE_SECRET}@")}`, apiKey: "x" },
  ];

  it("sends a saved key and variables nowhere but to the deployed address, whoever asks", async () => {
    for (const user of ["tester", "editor", "admin"] as const) {
      for (const values of elsewhere()) {
        const about = `${user} ${JSON.stringify(values)}`;
        const { timeout, ...others } = values; // a clip is tried with the account's own
        const { last } = await tryIt(user, { node: "tr", account: { id: "acc", ...others } });
        if (timeout === undefined) should(last.error?.code).equal("GLADIA_CONFIG", about);
        const checked = await ask(user, "gladia-config/test", { id: "acc", ...values });
        if (user === "tester") should(checked.status).equal(401);
        else should(checked.json()).match({ ok: false, code: "GLADIA_CONFIG" }, about);
      }
    }
    should(attacker.heard).eql([]);
    isSafe();
  });

  it("takes no credentials of other nodes for an account's", async () => {
    for (const id of ["proxy", "tr", "tab", "__proto__", "constructor"]) {
      const checked = await ask("admin", "gladia-config/test", { id, apiUrl: attacker.url, apiKey: "__PWRD__" });
      should(checked.json()).match({ ok: false, code: "GLADIA_CONFIG" }, id);
    }
    should(attacker.heard).eql([]);
  });

  it("lets who may not deploy use an account as it is deployed, and no other", async () => {
    const same = { apiUrl: "http://${GLADIA_HOST}", apiKey: "__PWRD__", proxy: "", tls: "" };
    should((await ask("editor", "gladia-config/test", { id: "acc", ...same })).json()).eql({ ok: true });
    should((await ask("editor", "gladia-config/test", { id: "acc" })).json()).eql({ ok: true });
    const typed = { id: "new", apiUrl: attacker.url, apiKey: "typed" };
    const refused = (await ask("editor", "gladia-config/test", typed)).json();
    should(refused).match({ ok: false, code: "GLADIA_CONFIG", message: /^You may not deploy/ });
    should(attacker.heard).eql([]);
    should((await ask("admin", "gladia-config/test", typed)).json()).eql({ ok: true });
    should(attacker.heard).have.length(1);
    isSafe();
  });

  it("sends the callback's secret to the deployed address only", async () => {
    for (const user of ["editor", "admin"] as const) {
      for (const callbackUrl of [attacker.url, `${attacker.url}/\${THE_SECRET}`]) {
        const checked = await ask(user, "gladia-config/callback/check", { id: "acc", callbackUrl });
        should(checked.json()).match({ ok: false, code: "GLADIA_CONFIG" }, `${user} ${callbackUrl}`);
      }
      const shown = await ask(user, "gladia-config/callback", { id: "acc", callbackUrl: "http://x/${THE_SECRET}" });
      should(shown.json()).match({ ok: false, code: "GLADIA_CONFIG" });
      isSafe();
      const same = { id: "acc", callbackUrl: nodeRed.url };
      should((await ask(user, "gladia-config/callback/check", same)).json()).eql({ ok: true });
    }
    should(attacker.heard).eql([]);
    should((await ask("tester", "gladia-config/callback", { id: "acc", callbackUrl: nodeRed.url })).status).equal(401);
  });

  it("tells names and transcripts to nobody by the editor's websocket", async () => {
    const told: string[] = [];
    const socket = new WebSocket(`${nodeRed.url.replace("http", "ws")}comms`);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => socket.send(JSON.stringify({ auth: tokens.status })));
      socket.addEventListener("error", () => reject(new Error("no websocket")));
      socket.addEventListener("message", ({ data }) => {
        told.push(String(data));
        if (String(data).includes('"ok"')) resolve();
      });
    });
    socket.send(JSON.stringify({ subscribe: "gladia/jobs/#" }));
    engine.control.script({ text: WORDS });
    await ask("admin", "inject/go", {});
    const list = async () =>
      (await ask("viewer", "gladia-sidebar/accounts/acc/jobs")).json().jobs as Record<string, string>[];
    const named = async () => (await list()).find(({ filename }) => filename === "private name.wav");
    while ((await named())?.["state"] !== "done") await new Promise((resolve) => setTimeout(resolve, 20));
    const isTold = () => told.some((text) => text.includes("gladia/jobs/acc") && text.includes('"done"'));
    while (!isTold()) await new Promise((resolve) => setTimeout(resolve, 20));
    socket.close();
    const ours = told.join("\n");
    should(ours).not.containEql("private name");
    should(ours).not.containEql(WORDS);
    should((await ask("status", "gladia-sidebar/accounts/acc/jobs")).status).equal(401);
    const job = await named();
    should(job?.["text"]).equal(WORDS);
    should((await ask("viewer", `gladia-sidebar/accounts/acc/jobs/${job?.["id"]}`)).text).containEql(WORDS);
    isSafe();
  });

  it("asks Gladia for no job that an attacker makes up", async () => {
    for (const method of ["GET", "DELETE"]) {
      const user = method === "GET" ? "viewer" : "tester";
      for (let n = 0; n < 20; n++) {
        should((await ask(user, `gladia-sidebar/accounts/acc/jobs/made-up-${n}`, undefined, method)).status).equal(404);
      }
    }
    should((await ask("viewer", "gladia-sidebar/accounts/acc/jobs/made-up/audio")).status).equal(404);
    should(engine.control.requests).eql([]);
  });

  it("answers bodies and ids of any shape, and never with 500", async () => {
    const bodies = [
      "null",
      "[]",
      "3",
      '"x"',
      "{",
      "",
      "[[[]]]",
      '{"id": null}',
      '{"id": {"toString": 1}}',
      '{"id": ["acc"]}',
      '{"__proto__": {"id": "acc"}, "id": "__proto__"}',
      '{"id": "acc", "apiUrl": {"a": 1}, "apiKey": ["x"], "proxy": 5, "tls": true, "timeout": {}, "callbackUrl": []}',
      '{"id": "acc", "apiUrl": {"toString": null}}',
      JSON.stringify({ id: "x".repeat(100_000), apiUrl: "y".repeat(100_000) }),
    ];
    const paths = ["gladia-config/test", "gladia-config/callback", "gladia-config/callback/check"];
    for (const body of bodies) {
      for (const path of paths) {
        const { status, text } = await ask("admin", path, body, "POST");
        should(status).be.below(500, `${path} ${body.slice(0, 100)}`);
        should(text).not.match(/TypeError|is not a function|Cannot read/, `${path} ${body.slice(0, 100)}`);
        should(text.length).be.below(3000);
      }
    }
    for (const about of [
      null,
      [],
      3,
      "x",
      {},
      { account: null },
      { account: [] },
      { node: {}, account: { id: "acc" } },
    ]) {
      const { status, last } = await tryIt("tester", about);
      should(status).equal(200);
      should(last.error?.code).equal("GLADIA_CONFIG", JSON.stringify(about));
    }
    const odd = [{ options: [] }, { options: 3 }, { account: { id: "acc", options: "x" } }, { filename: {} }];
    for (const more of odd) {
      const { status, last } = await tryIt("tester", { node: "tr", account: { id: "acc" }, ...more });
      should(status).equal(200);
      should(last.error?.code).match(/^GLADIA_(CONFIG|OPTIONS)$/, JSON.stringify(more));
    }
    for (const id of ["__proto__", "constructor", "toString", "tr", "..%2f..", "%00", "%E0%A4%A", "x".repeat(5000)]) {
      for (const path of ["jobs", "earlier", "jobs/__proto__", "jobs/a/audio", "jobs?since=__proto__"]) {
        const { status, text } = await ask("admin", `gladia-sidebar/accounts/${id}/${path}`);
        should(status === 400 || status === 404).equal(true, `${status} ${id} ${path}`);
        should(text.length).be.below(3000);
      }
      should([400, 404]).containEql((await ask("admin", `gladia-sidebar/accounts/${id}/jobs/x/cancel`, {})).status);
    }
    for (const since of ["x", "-1", "1e999", "a&since=b", ""]) {
      should((await ask("admin", `gladia-sidebar/accounts/acc/jobs?since=${since}`)).status).equal(200, since);
    }
    isSafe(answers.filter((text) => !text.includes('"address"'))); // which is for who may see it
  });

  it("cuts a clip without end, and tries no more than a few at once", async () => {
    const { hostname, port } = new URL(nodeRed.url);
    const head = `POST /gladia-transcribe/try HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${tokens.tester}\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n`;
    const chunk = Buffer.concat([Buffer.from("100000\r\n"), Buffer.alloc(0x100000), Buffer.from("\r\n")]);
    const line = `${JSON.stringify({ node: "tr", account: { id: "acc" } })}\n`;
    const endless = () =>
      new Promise<{ sent: number; got: string }>((resolve) => {
        const socket = connect(Number(port), hostname);
        let got = "";
        let sent = 0;
        const go = () => {
          while (!socket.destroyed && sent < 2_000_000_000) {
            sent += chunk.length;
            if (!socket.write(chunk)) return void socket.once("drain", go);
          }
          socket.end();
        };
        socket.on("data", (data) => {
          got += data;
        });
        socket.on("error", () => {});
        socket.on("close", () => resolve({ sent, got }));
        socket.write(`${head}${line.length.toString(16)}\r\n${line}\r\n`, go);
      });
    const { sent, got } = await endless();
    should(got).match(/GLADIA_AUDIO/);
    should(sent).be.below(100_000_000);

    engine.control.script({ processing: 60_000 });
    const leave = new AbortController();
    const open = Array.from({ length: 8 }, async (_, n) => {
      const answer = await fetch(`${nodeRed.url}gladia-transcribe/try`, {
        method: "POST",
        signal: leave.signal,
        headers: { authorization: `Bearer ${tokens.tester}`, "content-type": "application/octet-stream" },
        body: Buffer.concat([Buffer.from(line), wav(1, n + 10)]),
      });
      return answer.text();
    });
    const refused = await Promise.race([
      Promise.any(open),
      new Promise<string>((resolve) => setTimeout(() => resolve("all of them were taken"), 8000)),
    ]);
    leave.abort();
    await Promise.allSettled(open);
    should(refused).match(/GLADIA_QUEUE_FULL/);
    should(engine.control.jobs.length).be.belowOrEqual(2);
  });
});
