import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { addressOf, post, SECRET, signed } from "../support/callbacks";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow, type Msg, until } from "../support/flow";
import helper from "../support/helper";

describe("gladia-callback", () => {
  let engine: Engine & { folder: string };

  before(async () => {
    engine = await startEngine();
    await helper.startServer();
  });
  after(async () => {
    await helper.stopServer();
    await engine.close();
  });
  beforeEach(() => {
    engine.control.reset();
    engine.control.settings.languages = "any";
  });
  afterEach(() => Flow.stop());

  const account = (more: object = {}) => ({ apiUrl: engine.url, callbackUrl: helper.url(), ...more });

  /** A gladia-callback and what it sends, beside a chain of other nodes. */
  const start = async (properties: object = {}, more: object = {}, chain: Record<string, unknown>[] = []) => {
    const flow = await Flow.start([...chain, { type: "gladia-callback", ...properties }], account(more));
    await until(() => flow.seen.statuses.length > 0);
    return flow;
  };
  /** A job that is done, made outside of Node-RED. */
  const makeJob = async (body: object = {}) => {
    const form = new FormData();
    form.append("audio", new File([new Uint8Array(wav())], "a.wav"));
    const headers = { "x-gladia-key": "key" };
    const upload = await fetch(`${engine.url}/v2/upload`, { method: "POST", headers, body: form });
    const { audio_url } = (await upload.json()) as { audio_url: string };
    const create = await fetch(`${engine.url}/v2/pre-recorded`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ audio_url, ...body }),
    });
    const { id } = (await create.json()) as { id: string };
    return id;
  };
  const status = async (id: string) =>
    (
      (await (await fetch(`${engine.url}/v2/pre-recorded/${id}`, { headers: { "x-gladia-key": "key" } })).json()) as Msg
    )["status"];
  const doneJob = async (body: object = {}) => {
    const id = await makeJob(body);
    while (!["done", "error"].includes(await status(id))) await new Promise((resolve) => setTimeout(resolve, 10));
    return id;
  };

  it("listens", async () => {
    const { seen } = await start();
    should(seen.statuses.at(-1)).containDeep({ fill: "green", text: "gladia-callback.status.listening" });
    should(seen.warnings).be.empty();
  });

  it("answers whom it refuses so that he can read it, though he goes on sending", async () => {
    const flow = await start();
    const { port, pathname } = new URL(addressOf(flow.account));
    for (const [status, method, path] of [
      [400, "POST", pathname],
      [404, "POST", `${pathname}x`],
      [405, "PATCH", pathname],
      [400, "GET", pathname],
    ] as const) {
      const socket = connect(Number(port), "127.0.0.1");
      const failed = new Promise<never>((_, reject) => socket.once("error", reject));
      failed.catch(() => {}); // awaited below, once it is heard
      const pieces = Array.from({ length: 20 }, () => "x".repeat(10_000));
      socket.write(`${method} ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${20 * 10_000}\r\n\r\n`);
      for (const piece of pieces) {
        socket.write(piece);
        await sleep(10);
      }
      const [answer] = await Promise.race([once(socket, "data"), failed]);
      socket.destroy();
      should(String(answer)).startWith(`HTTP/1.1 ${status} `);
    }
  });

  it("sends the transcript of a job that a transcribe node made, and the transcribe node its own", async () => {
    const flow = await Flow.start(
      [
        { type: "gladia-transcribe", wires: [["out"], []] },
        { type: "gladia-callback", wires: [["progress"]] },
      ],
      account(),
    );
    await until(() => flow.seen.statuses.length > 0);
    flow.receive({ payload: wav(), filename: "b.wav", options: { custom_metadata: { ticket: 17 } } });
    await until(() => flow.seen.out.length === 1 && flow.seen.progress.length === 1);
    const [mine] = flow.seen.out;
    const [msg] = flow.seen.progress;
    should(mine?.payload).startWith("speech of b.wav");
    should(msg?.payload).equal(mine?.payload);
    should(msg?.["topic"]).equal("transcription.success");
    should(msg?.gladia).containDeep({
      id: mine?.gladia?.id,
      event: "transcription.success",
      source: "callback",
      custom_metadata: { ticket: 17 },
      text: msg?.payload,
    });
    should(msg?.gladia?.custom_metadata).have.keys("ticket");
    should(msg?.gladia?.job?.status).equal("done");
  });

  it("never shows the secret of the address", async () => {
    const flow = await start({}, {}, [{ type: "gladia-transcribe", wires: [["out"], []] }]);
    flow.receive({ payload: wav() });
    await until(() => flow.seen.out.length === 2);
    const { out } = flow.seen;
    const secret = addressOf(flow.account).split("/").pop() ?? "";
    should(engine.control.deliveries[0]?.url).endWith(secret);
    should(JSON.stringify([out, flow.seen])).not.containEql(secret);
    should(JSON.stringify(out)).containEql("/***");
  });

  for (const output of ["srt", "job", "dialogue"]) {
    it(`gives ${output} if wanted`, async () => {
      const flow = await start({ output });
      await makeJob({ callback: true, callback_config: { url: addressOf(flow.account) } });
      await until(() => flow.seen.out.length === 1);
      const payload = flow.seen.out[0]?.payload;
      if (output === "job") should(payload.status).equal("done");
      else should(payload).match(output === "srt" ? /^1\n00:/ : /^Speaker 1: speech of a\.wav/);
    });
  }

  it("tells of a failed job as news", async () => {
    engine.control.script({ error: { code: 422, message: "cannot decode" } as { code: number } });
    const flow = await start();
    await makeJob({ callback: true, callback_config: { url: addressOf(flow.account) } });
    await until(() => flow.seen.out.length === 1);
    const [msg] = flow.seen.out;
    should(flow.seen.caught).be.empty();
    should(msg?.["topic"]).equal("transcription.error");
    should(msg?.gladia?.error).containDeep({ code: "GLADIA_JOB", cause: { status: 422 } });
    should(msg?.payload).eql(msg?.gladia?.error);
    should(msg?.["statusCode"]).equal(422);
  });

  it("takes only the chosen events", async () => {
    const flow = await start({ events: ["transcription.error"] });
    const id = await doneJob();
    await post(addressOf(flow.account), { id, event: "transcription.success", payload: {} });
    engine.control.script({ error: { code: 500 } });
    const failed = await doneJob();
    await post(addressOf(flow.account), { id: failed, event: "error", error: { code: 500, message: "no" } });
    await until(() => flow.seen.out.length === 1);
    should(flow.seen.out[0]?.gladia?.id).equal(failed);
  });

  describe("webhooks", () => {
    const webhook = async (properties: object = {}) => {
      const flow = await start(properties);
      return { flow, url: addressOf(flow.account) };
    };
    const secured = async (properties: object = {}, secret = SECRET) => {
      const flow = await Flow.start(
        [{ type: "gladia-callback", config: "secured", ...properties }],
        { ...account(), id: "secured" },
        {},
        [],
        [],
        { secured: { apiKey: "key", webhookSecret: secret } },
      );
      return { flow, url: addressOf("secured") };
    };

    it("fetches the result of one", async () => {
      const { flow, url } = await webhook({ result: true });
      const id = await doneJob({ custom_metadata: { a: 1 } });
      should((await post(url, { event: "transcription.success", payload: { id } })).status).equal(200);
      await until(() => flow.seen.out.length === 1);
      should(flow.seen.out[0]?.payload).startWith("speech of a.wav");
      should(flow.seen.out[0]?.gladia).containDeep({ id, source: "webhook", custom_metadata: { a: 1 } });
    });

    it("gives the id of one, with no request, if the result is not wanted", async () => {
      const { flow, url } = await webhook({ result: false });
      const id = await doneJob();
      const before = engine.control.counts.get;
      await post(url, { event: "transcription.success", payload: { id } });
      await post(url, { event: "transcription.created", payload: { id } });
      await until(() => flow.seen.out.length === 2);
      should(flow.seen.out.map(({ payload }) => payload)).eql([id, id]);
      should(engine.control.counts.get).equal(before);
    });

    it("come from the engine, signed, once for each job and event", async () => {
      const { flow, url } = await secured({ result: true });
      engine.control.settings.webhook = { url, secret: SECRET };
      const id = await doneJob();
      await until(() => flow.seen.out.length === 2);
      should(flow.seen.out.map(({ topic }) => topic).sort()).eql(["transcription.created", "transcription.success"]);
      should(flow.seen.out.every(({ gladia }) => gladia?.id === id)).equal(true);
      should(engine.control.deliveries.map(({ status }) => status)).eql([200, 200]);
    });

    it("are taken with the headers of the Standard Webhooks, too", async () => {
      const { flow, url } = await secured({ result: false });
      const body = { event: "transcription.success", payload: { id: "x" } };
      should((await post(url, body, signed(body, { names: "webhook" }))).status).equal(200);
      await until(() => flow.seen.out.length === 1);
    });

    it("are sent on once", async () => {
      const { flow, url } = await secured({ result: false });
      const body = { event: "transcription.success", payload: { id: "x" } };
      for (const id of ["m1", "m1", "m2", "m1"]) await post(url, body, signed(body, { id }));
      await until(() => flow.seen.out.length === 2);
      await new Promise((resolve) => setTimeout(resolve, 50));
      should(flow.seen.out).have.length(2);
    });

    const minutes = (count: number) => new Date(Date.now() + count * 60_000);
    const body = { event: "transcription.success", payload: { id: "x" } };
    const refusals: [string, () => Record<string, string>, RegExp][] = [
      ["without a signature", () => ({}), /without a signature.*empty the account's webhook secret/],
      [
        "with the signature of another secret",
        () => signed(body, { secret: `whsec_${Buffer.from("another").toString("base64")}` }),
        /wrong signature.*Copy the secret/,
      ],
      [
        "with the signature of another body",
        () => signed({ ...body, event: "transcription.error" }),
        /wrong signature/,
      ],
      [
        "from a clock that is ten minutes slow",
        () => signed(body, { at: minutes(-10) }),
        /signed 10 minutes ago.*clock/,
      ],
      ["from a clock that is ten minutes fast", () => signed(body, { at: minutes(10) }), /10 minutes in the future/],
    ];
    for (const [what, headers, warning] of refusals) {
      it(`${what} are refused with a warning`, async () => {
        const { flow, url } = await secured({ result: false });
        const warnings = warningsOf("secured");
        should((await post(url, body, headers())).status).equal(401);
        await until(() => warnings.length > 0);
        should(warnings.join()).match(warning);
        should(flow.seen.out).be.empty();
      });
    }

    it("are refused when the secret is none, which is told", async () => {
      const { url } = await secured({ result: false }, "my secret!");
      const warnings = warningsOf("secured");
      should((await post(url, body, signed(body))).status).equal(401);
      await until(() => warnings.length > 0);
      should(warnings.join()).match(/webhook secret cannot be used/);
    });

    it("that cannot be read go to Catch", async () => {
      const { flow, url } = await secured({ result: true });
      const missing = { event: "transcription.success", payload: { id: "11111111-2222-3333-4444-555555555555" } };
      await post(url, missing, signed(missing));
      await until(() => flow.seen.caught.length === 1);
      const [msg] = flow.seen.caught;
      should(msg?.error.code).equal("GLADIA_NOT_FOUND");
      should(msg?.gladia).containDeep({ id: missing.payload.id, event: "transcription.success", source: "webhook" });
      should(msg?.gladia?.error?.code).equal("GLADIA_NOT_FOUND");
    });
  });

  it("sends live messages on as they are, each once", async () => {
    const flow = await start();
    const url = addressOf(flow.account);
    const message = (text: string, is_final: boolean) => ({
      id: "s1",
      event: "live.transcript",
      payload: { session_id: "s1", type: "transcript", data: { id: "00_0", is_final, utterance: { text } } },
    });
    for (const body of [message("Hel", false), message("Hello", true), message("Hello", true)]) await post(url, body);
    await post(url, { event: "live.end_session", payload: { id: "s1" } });
    await until(() => flow.seen.out.length === 3);
    should(flow.seen.out.map(({ topic }) => topic)).eql(["live.transcript", "live.transcript", "live.end_session"]);
    should(flow.seen.out[1]?.payload).eql(message("Hello", true).payload);
    should(flow.seen.out.map(({ gladia }) => gladia?.source)).eql(["live", "live", "webhook"]);
  });

  it("reaches every gladia-callback node of the account", async () => {
    const flow = await Flow.start(
      [
        { type: "gladia-callback", wires: [["out"]] },
        { type: "gladia-callback", output: "srt", wires: [["progress"]] },
      ],
      account(),
    );
    await until(() => flow.seen.statuses.length > 1);
    await makeJob({ callback: true, callback_config: { url: addressOf(flow.account) } });
    await until(() => flow.seen.out.length === 1 && flow.seen.progress.length === 1);
    should(flow.seen.progress[0]?.payload).startWith("1\n");
  });

  it("tells of a job whose callback never came", async () => {
    engine.control.settings.deliveryDelays = [];
    const flow = await Flow.start(
      [
        { type: "gladia-transcribe", wires: [["out"], []] },
        { type: "gladia-callback", wires: [["progress"]] },
      ],
      account({ callbackUrl: "http://127.0.0.1:1" }),
    );
    await until(() => flow.seen.statuses.length > 0);
    const metadata = { custom_metadata: { ticket: 18 } };
    flow.receive({ payload: wav(), filename: "c.wav", options: metadata });
    await until(() => flow.seen.progress.length === 1);
    const [msg] = flow.seen.progress;
    should(msg?.payload).startWith("speech of c.wav");
    should(msg?.["topic"]).equal("transcription.success");
    should(msg?.gladia).containDeep({ source: "callback", ...metadata });
    // It comes at last, and is told no more.
    const body = { id: msg?.gladia?.id, event: "transcription.success", payload: {} };
    should((await post(addressOf(flow.account), body)).status).equal(200);
    await new Promise((resolve) => setTimeout(resolve, 100));
    should(flow.seen.progress).have.length(1);
  });

  it("tells of a failed job in the words of its callback, which comes after the poll", async () => {
    engine.control.script({ error: { code: 422, message: "cannot decode" } });
    const flow = await Flow.start(
      [
        { type: "gladia-transcribe", wires: [["out"], []] },
        { type: "gladia-callback", wires: [["progress"]] },
      ],
      account({ callbackUrl: "http://127.0.0.1:1" }),
    );
    await until(() => flow.seen.statuses.length > 0);
    flow.receive({ payload: wav() });
    await until(() => flow.seen.caught.length === 1);
    const id = engine.control.jobs[0]?.id;
    const error = { code: 422, message: "cannot decode" };
    await post(addressOf(flow.account), { id, event: "transcription.error", error });
    await until(() => flow.seen.progress.length === 1);
    should(flow.seen.progress[0]?.gladia?.error?.message).match(/cannot decode/);
  });

  it("asks once for a job that is told of by callback and webhook, and each node gets what it wants", async () => {
    const flow = await Flow.start(
      [
        { type: "gladia-callback", result: true, wires: [["out"]] },
        { type: "gladia-callback", result: false, wires: [["progress"]] },
      ],
      account(),
    );
    await until(() => flow.seen.statuses.length > 1);
    const id = await doneJob();
    const gets = engine.control.counts.get;
    const url = addressOf(flow.account);
    await Promise.all([
      post(url, { id, event: "transcription.success", payload: {} }),
      post(url, { event: "transcription.success", payload: { id } }),
    ]);
    await until(() => flow.seen.out.length === 2 && flow.seen.progress.length === 2);
    should(engine.control.counts.get - gets).equal(1);
    const payloads = (list: Msg[], source: string) =>
      list.flatMap(({ gladia, payload }) => (gladia?.source === source ? [payload] : []));
    should(payloads(flow.seen.out, "webhook")[0]).startWith("speech of a.wav");
    should(payloads(flow.seen.progress, "callback")[0]).startWith("speech of a.wav");
    should(payloads(flow.seen.progress, "webhook")).eql([id]);
  });

  it("says so when the account has no public address", async () => {
    const { seen } = await start({}, { callbackUrl: "" });
    should(seen.statuses.at(-1)).containDeep({ fill: "yellow", text: "gladia-callback.status.unreachable" });
    should(seen.warnings.join()).match(/no public address.*under Callbacks/);
  });

  it("says so when there is no account", async () => {
    const flow = await Flow.start([{ type: "gladia-callback" }], null);
    await until(() => flow.seen.statuses.length > 0);
    should(flow.seen.statuses.at(-1)).containDeep({ fill: "red", text: "GLADIA_CONFIG" });
  });

  /** What an account warns of from now on. */
  function warningsOf(id: string): string[] {
    const warnings: string[] = [];
    // biome-ignore lint/suspicious/noExplicitAny: an event of the helper's own
    (helper.getNode(id) as any).on("call:warn", (call: any) => warnings.push(String(call.args[0])));
    return warnings;
  }
});
