import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import should from "should";
import { Receiver } from "../../src/callbacks/receiver";
import { Gate } from "../../src/gate";
import { addressOf, post } from "../support/callbacks";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow, type Msg, until } from "../support/flow";
import helper from "../support/helper";

/** What the node of an account warns of, also before a test can listen. */
const warningsOf = (id: string) =>
  (helper.log().args as Msg[][]).flatMap(([entry]) => (entry?.["id"] === id ? [String(entry?.["msg"])] : []));

describe("callbacks", function () {
  this.timeout(30_000);
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
    engine.control.settings.deliveryDelays = [];
  });
  afterEach(() => Flow.stop());

  const account = (more: object = {}) => ({ apiUrl: engine.url, callbackUrl: helper.url(), ...more });
  const submitOnly = { type: "gladia-transcribe", wait: "no" };
  const patient = { type: "gladia-get-result", interval: "600" };
  /** The id of the only job, as soon as it is created. */
  const jobId = async () => {
    await until(() => engine.control.jobs.length === 1);
    return engine.control.jobs[0]?.id ?? "";
  };
  const success = (id: string, text = "lies") => ({
    id,
    event: "transcription.success",
    payload: { transcription: { full_transcript: text, utterances: [] } },
    custom_metadata: null,
  });
  const gets = () => engine.control.counts.get;

  it("end a wait long before the next poll", async () => {
    engine.control.script({ processing: 1000 });
    const flow = await Flow.start([submitOnly, patient], account());
    const began = Date.now();
    const { out } = await flow.run({ payload: wav(), filename: "a.wav" });
    should(out[0]?.payload).startWith("speech of a.wav");
    should(Date.now() - began).be.below(5000);
    should(engine.control.deliveries.map(({ status }) => status)).eql([200]);
  });

  it("are not needed: a lost one is replaced by a poll", async () => {
    engine.control.script({ processing: 300 });
    const flow = await Flow.start([{ type: "gladia-transcribe" }], account({ callbackUrl: "http://127.0.0.1:1" }));
    const { out } = await flow.run({ payload: wav() });
    should(out).have.length(1);
    should(engine.control.deliveries.map(({ status }) => status)).eql([undefined]);
  });

  it("that come twice end a wait once", async () => {
    engine.control.script({ processing: 300 });
    const flow = await Flow.start([submitOnly, patient], account());
    flow.receive({ payload: wav() });
    const id = await jobId();
    await until(() => engine.control.deliveries.length === 1);
    await Promise.all([1, 2, 3].map(() => post(addressOf(flow.account), success(id))));
    await until(() => flow.seen.out.length === 1);
    await sleep(100);
    should([flow.seen.out.length, flow.seen.completed.length, flow.seen.caught.length]).eql([1, 1, 0]);
  });

  it("that come early change nothing, and those with a false text neither", async () => {
    engine.control.script({ processing: 1500 });
    const flow = await Flow.start([submitOnly, patient], account());
    flow.receive({ payload: wav(), filename: "true.wav" });
    const id = await jobId();
    should((await post(addressOf(flow.account), success(id))).status).equal(200);
    should((await post(addressOf(flow.account), { id, event: "error", error: { code: 500 } })).status).equal(200);
    await sleep(300);
    should(flow.seen.out).be.empty();
    should(flow.seen.caught).be.empty();
    await until(() => flow.seen.out.length === 1);
    should(flow.seen.out[0]?.payload).startWith("speech of true.wav");
  });

  it("that come before the job's id is known are remembered", async () => {
    engine.control.fault({ route: "create", kind: "slow-body" });
    const flow = await Flow.start([submitOnly, patient], account());
    await flow.run({ payload: wav() });
    const [delivery] = engine.control.deliveries;
    should(delivery?.status).equal(200);
    should(flow.seen.out).have.length(1);
  });

  it("with a wrong secret are unknown, and ask for nothing", async () => {
    engine.control.script({ processing: 800 });
    const flow = await Flow.start([submitOnly, patient], account({ callbackUrl: "http://127.0.0.1:1" }));
    flow.receive({ payload: wav() });
    const id = await jobId();
    const good = addressOf(flow.account);
    const before = gets();
    for (const bad of [`${good.slice(0, -1)}-`, good.slice(0, -1), `${good}x`, good.replace(/[^/]+$/, "x")]) {
      should((await post(bad, success(id))).status).equal(404);
      should((await fetch(bad)).status).equal(404);
    }
    should((await post(good.replace(flow.account, "nobody"), success(id))).status).equal(404);
    await sleep(100);
    should(gets() - before).be.belowOrEqual(1);
    should(flow.seen.out).be.empty();
  });

  it("for a job that does not exist are ignored with a warning", async () => {
    const flow = await Flow.start([{ type: "gladia-callback" }], account());
    await until(() => flow.seen.statuses.length > 0);
    await post(addressOf(flow.account), success("11111111-2222-3333-4444-555555555555"));
    await until(() => warningsOf(flow.account).length > 0);
    should(warningsOf(flow.account).join()).match(/knows no such job.*Check that the key/);
    should([flow.seen.out, flow.seen.caught]).eql([[], []]);
  });

  it("for a job that is not done are ignored by gladia-callback, which gets it when it is done", async () => {
    engine.control.script({ processing: 2500 });
    const flow = await Flow.start(
      [
        { ...submitOnly, wires: [[], []] },
        { type: "gladia-callback", wires: [["out"]] },
      ],
      account({ callbackUrl: "http://127.0.0.1:1" }),
    );
    await until(() => flow.seen.statuses.length > 0);
    flow.receive({ payload: wav(), filename: "late.wav" });
    const id = await jobId();
    await post(addressOf(flow.account), success(id));
    await sleep(1500);
    should(flow.seen.out).be.empty();
    await until(() => flow.seen.out.length === 1);
    should(flow.seen.out[0]?.payload).startWith("speech of late.wav");
    await post(addressOf(flow.account), success(id));
    await sleep(100);
    should(flow.seen.out).have.length(1);
  });

  it("of 20 MB are taken", async () => {
    engine.control.script({ processing: 200 });
    const flow = await Flow.start([submitOnly, patient], account({ callbackUrl: "http://127.0.0.1:1" }));
    flow.receive({ payload: wav() });
    const id = await jobId();
    await sleep(400);
    const answer = await post(addressOf(flow.account), success(id, 'na "\\{[ '.repeat(2_000_000)));
    should(answer.status).equal(200);
    await until(() => flow.seen.out.length === 1);
    should(flow.seen.out[0]?.payload).startWith("speech of ");
  });

  it("of more than 100 MB are refused, told by their length or not", async () => {
    const flow = await Flow.start([], account());
    await until(() => helper.getNode(flow.account) !== null);
    await opened(flow.account);
    const url = addressOf(flow.account);
    should(await send(url, { "content-length": "200000000" }, ['{"id":'])).equal(413);
    const piece = "x".repeat(1024 * 1024);
    should(await send(url, {}, ['{"payload":"', ...Array.from({ length: 101 }, () => piece)])).equal(413);
    should(warningsOf(flow.account).join()).match(/more than 100 MB was refused/);
  });

  it("may come slowly", async () => {
    const flow = await Flow.start([], account({ timeout: "0.6" }));
    await opened(flow.account);
    const pieces = JSON.stringify(success("x")).match(/.{1,30}/g) ?? [];
    should(await send(addressOf(flow.account), {}, pieces, 300)).equal(200);
  });

  it("that stop coming are given up", async () => {
    const flow = await Flow.start([], account({ timeout: "0.3" }));
    await opened(flow.account);
    should(await send(addressOf(flow.account), { "content-length": "1000" }, ['{"id":'])).equal(408);
  });

  it("may be compressed, and sent with PUT", async () => {
    const flow = await Flow.start([], account());
    await opened(flow.account);
    const body = gzipSync(JSON.stringify(success("x")));
    const headers = { "content-encoding": "gzip" };
    should((await fetch(addressOf(flow.account), { method: "PUT", headers, body })).status).equal(200);
  });

  it("that are none are refused with a warning", async () => {
    const flow = await Flow.start([], account());
    await opened(flow.account);
    const url = addressOf(flow.account);
    for (const body of [
      "<html>hello",
      "",
      "[1,2,3]",
      '{"id": 5}',
      '{"id":"../../x","event":"error"}',
      "{".repeat(500_000),
    ]) {
      should((await post(url, body)).status).equal(400);
    }
    should((await fetch(url, { method: "DELETE" })).status).equal(405);
    should(warningsOf(flow.account).join()).match(/begins with "<html>hello"/);
  });

  it("leave the user's own alone", async () => {
    const flow = await Flow.start([submitOnly], account());
    const own = { callback: true, callback_config: { url: "http://127.0.0.1:1/mine", method: "PUT" } };
    await flow.run(
      { payload: wav(), options: own },
      { payload: wav(), options: { callback: false } },
      { payload: wav() },
    );
    await until(() => engine.control.deliveries.length === 2);
    should(engine.control.deliveries.map(({ url }) => url).sort()).eql(
      ["http://127.0.0.1:1/mine", addressOf(flow.account)].sort(),
    );
  });

  describe("the account's address", () => {
    const ask = async (path: string, body: object) =>
      (await helper.request().post(`/gladia-config/callback${path}`).send(body)).body as Msg;

    it("is shown, for what stands in the dialog", async () => {
      const flow = await Flow.start([], account());
      should(await ask("", { id: flow.account, callbackUrl: "https://node-red.example.org/api/" })).eql({
        ok: true,
        address: addressOf(flow.account, "https://node-red.example.org/api"),
      });
      should(await ask("", { id: flow.account, callbackUrl: "nonsense" })).match({ ok: false, message: /not an http/ });
      should(await ask("", { id: "new", callbackUrl: "https://x.org" })).match({ ok: false, message: /Deploy/ });
    });

    it("is checked as it is deployed: reachable from here, or why not", async () => {
      const check = async (callbackUrl: string, typed = callbackUrl) => {
        const flow = await Flow.start([], account({ callbackUrl }));
        const answer = await ask("/check", { id: flow.account, callbackUrl: typed });
        should(JSON.stringify(answer)).not.containEql(addressOf(flow.account).split("/").pop() ?? "");
        await Flow.stop();
        return answer;
      };
      should(await check(helper.url())).eql({ ok: true });
      should(await check(`${helper.url()}/somewhere/else`)).eql({ ok: true });
      const dead = await check("http://127.0.0.1:1");
      should(dead).match({ ok: false, message: /cannot be reached from here: .*ECONNREFUSED/ });
      const wrong = await check(engine.url);
      should(wrong).match({ ok: false, message: /Something else answers .*status 404/ });
      engine.control.requests.length = 0;
      const other = await check(helper.url(), engine.url);
      should(other).match({ ok: false, message: /holds a secret.*Deploy first/ });
      should(engine.control.requests).be.empty();
    });

    it("is the same after a redeploy and with another public address", () => {
      should(addressOf("a", "https://x.org")).equal(addressOf("a", "https://x.org/"));
      should(addressOf("a", "https://x.org").split("/").pop()).equal(addressOf("a", "http://y.org").split("/").pop());
      should(addressOf("a", "https://x.org")).not.equal(addressOf("b", "https://x.org").replace("/b/", "/a/"));
      should(addressOf("a", "https://x.org")).match(/^https:\/\/x\.org\/gladia\/a\/[\w-]{32}$/);
    });

    const warned: [string, object, RegExp | undefined][] = [
      ["without https is warned of", { callbackUrl: "http://node-red.example.org" }, /has no https/],
      [
        "in a private network is warned of, for Gladia's cloud",
        { callbackUrl: "http://192.168.1.5:1880", apiUrl: "https://api.gladia.io" },
        /cloud cannot reach http:\/\/192\.168\.1\.5/,
      ],
      ["in a private network is good for an engine there", { callbackUrl: "http://192.168.1.5:1880" }, undefined],
      [
        "with https is good",
        { callbackUrl: "https://node-red.example.org", apiUrl: "https://api.gladia.io" },
        undefined,
      ],
      ["that is no URL is an error", { callbackUrl: "node-red" }, /not an http\(s\) URL: node-red/],
      ["of a variable that is not set is an error", { callbackUrl: "${NO_SUCH_THING}" }, /NO_SUCH_THING is not set/],
    ];
    for (const [what, more, warning] of warned) {
      it(what, async () => {
        const flow = await Flow.start([{ type: "gladia-callback" }], account(more));
        await until(() => flow.seen.statuses.length > 0);
        if (warning) should(warningsOf(flow.account).join()).match(warning);
        else should(warningsOf(flow.account)).be.empty();
      });
    }

    it("belongs to one account: the first wins", () => {
      const receiver = new Receiver(new Gate());
      const box = { id: "a", secret: "s", patience: 1, handle: async () => 200, probed: () => {}, warn: () => {} };
      const leave = receiver.join(box);
      should(receiver.join({ ...box })).equal(undefined);
      leave?.(false);
      should(receiver.join({ ...box })).be.a.Function();
    });

    it("waits for a successor, but not for ever, and not of an account that is gone", async () => {
      const gate = new Gate();
      gate.set(true);
      const receiver = new Receiver(gate, 150);
      const server = createServer((request, response) => {
        if (!receiver.handle(request, response)) response.writeHead(418).end();
      }).listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/gladia/a/s`;
      const box = (status: number) => ({
        id: "a",
        secret: "s",
        patience: 1000,
        handle: async () => status,
        probed: () => {},
        warn: () => {},
      });
      const status = async () => (await post(url, { id: "x" })).status;
      try {
        receiver.join(box(200))?.(true);
        const late = status();
        await sleep(20);
        const leave = receiver.join(box(202));
        should(await late).equal(202);
        gate.set(false);
        should(await status()).equal(503);
        const waiting = status();
        await sleep(20);
        leave?.(true);
        receiver.release("a");
        should(await waiting).equal(404);
        should(await status()).equal(418);
        receiver.join(box(200));
        const many = await Promise.all(Array.from({ length: 210 }, status));
        should(many.every((one) => one === 503)).equal(true);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });

    it("leads nowhere when Node-RED serves no HTTP for flows, which is told", async () => {
      const flow = await Flow.start([{ type: "gladia-callback" }], account(), { httpNodeRoot: false });
      await until(() => flow.seen.statuses.length > 0);
      should(warningsOf(flow.account).join()).match(/httpNodeRoot is false/);
      should(flow.seen.statuses.at(-1)).containDeep({ fill: "yellow" });
      should((await post(addressOf(flow.account), success("x"))).status).equal(404);
    });
  });
});

/** Waits until an account listens. */
async function opened(id: string): Promise<void> {
  const url = addressOf(id);
  while ((await fetch(url)).status !== 204) await sleep(10);
}

/** Sends a body in pieces and gives the answer's status; it may come before the body is sent. */
function send(url: string, headers: Record<string, string>, pieces: string[], gap = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: "POST", headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on("error", reject); // after the answer nobody listens any more
    const write = async () => {
      for (const piece of pieces) {
        if (request.destroyed) return;
        if (!request.write(piece)) await Promise.race([new Promise((go) => request.once("drain", go)), sleep(500)]);
        if (gap > 0) await sleep(gap);
      }
      if (!("content-length" in headers)) request.end();
    };
    void write();
  });
}
