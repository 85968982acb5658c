import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import should from "should";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow, until } from "../support/flow";

const TRANSCRIBE = [{ type: "gladia-transcribe" }];

describe("failures", () => {
  let engine: Engine & { folder: string };
  const account = (more: object = {}) => ({ apiUrl: engine.url, timeout: 1, retries: 3, ...more });
  const created = () => engine.control.jobs.length;

  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.close());
  beforeEach(() => {
    engine.control.reset();
    engine.control.settings.languages = "any";
  });
  afterEach(() => Flow.stop());

  describe("while a job is created", () => {
    for (const kind of ["reset-after", "500-after", "hang-after", "truncated-json", "bad-json", "empty"] as const) {
      it(`creates one job when the answer is lost (${kind})`, async () => {
        engine.control.fault({ route: "create", kind });
        const flow = await Flow.start(TRANSCRIBE, account());
        const { out, caught } = await flow.run({ payload: wav() });
        should(caught).be.empty();
        should(out).have.length(1);
        should(created()).equal(1);
        should(engine.control.counts.create).equal(1);
      });
    }
    for (const kind of ["reset-before", "500", "502-html", "hang"] as const) {
      it(`creates one job when the first try was not carried out (${kind})`, async () => {
        engine.control.fault({ route: "create", kind });
        const flow = await Flow.start(TRANSCRIBE, account());
        const { out } = await flow.run({ payload: wav() });
        should(out).have.length(1);
        should(created()).equal(1);
      });
    }

    it("does not send again when the look-up cannot decide, and tells the facts", async () => {
      engine.control.fault({ route: "create", kind: "reset-after" });
      engine.control.fault({ route: "list", kind: "500", times: "always" });
      const flow = await Flow.start(TRANSCRIBE, account({ retries: 1 }));
      const { caught, out } = await flow.run({ payload: wav() });
      should(out).be.empty();
      should(caught[0]?.error.message).match(/not known whether Gladia created the job/);
      should(engine.control.counts.create).equal(1);
    });

    it("waits when the server is busy, as long as it asks to", async () => {
      engine.control.fault({ route: "create", kind: "429", retryAfter: 1 });
      const flow = await Flow.start(TRANSCRIBE, account());
      const before = Date.now();
      const { out } = await flow.run({ payload: wav() });
      should(out).have.length(1);
      should(Date.now() - before).be.aboveOrEqual(1000);
      should(created()).equal(1);
    });
  });

  describe("while audio is uploaded", () => {
    for (const kind of ["500", "502-html", "429", "reset-before", "hang", "truncated-json"] as const) {
      it(`tries again what can be sent again (${kind})`, async () => {
        engine.control.fault({ route: "upload", kind });
        const flow = await Flow.start([{ type: "gladia-upload" }], account());
        const { out } = await flow.run({ payload: wav() });
        should(out).have.length(1);
      });
    }

    it("does not try again with a stream, which is gone", async () => {
      const { Readable } = await import("node:stream");
      engine.control.fault({ route: "upload", kind: "500" });
      const flow = await Flow.start([{ type: "gladia-upload" }], account());
      const { caught } = await flow.run({ payload: Readable.from([wav()]) });
      should(caught[0]?.error.code).equal("GLADIA_SERVER");
      should(engine.control.counts.upload).equal(1);
    });

    it("gives up after the retries", async () => {
      engine.control.fault({ route: "upload", kind: "503", times: "always" });
      const flow = await Flow.start([{ type: "gladia-upload" }], account({ retries: 2 }));
      const { caught } = await flow.run({ payload: wav() });
      should(caught[0]?.error.code).equal("GLADIA_SERVER");
      should(caught[0]?.error.cause).containDeep({ status: 503, retryable: true });
      should(engine.control.counts.upload).equal(3);
    });

    it("ends with GLADIA_TIMEOUT when nothing comes", async () => {
      engine.control.fault({ route: "upload", kind: "hang", times: "always" });
      const flow = await Flow.start([{ type: "gladia-upload" }], account({ retries: 0, timeout: 0.3 }));
      const { caught } = await flow.run({ payload: wav() });
      should(caught[0]?.error.code).equal("GLADIA_TIMEOUT");
    });
  });

  describe("while a job is waited for", () => {
    for (const kind of ["500", "502-html", "429", "reset-before", "hang", "truncated-json", "404", "empty"] as const) {
      it(`waits through an outage (${kind})`, async () => {
        engine.control.fault({ route: "get", kind, times: 2 });
        const flow = await Flow.start(TRANSCRIBE, account({ timeout: 0.5 }));
        const { out, caught } = await flow.run({ payload: wav() });
        should(caught).be.empty();
        should(out).have.length(1);
        should(created()).equal(1);
      });
    }

    it("reports a job that failed, with its id and a hint", async () => {
      engine.control.script({ error: { code: 422, message: "unreadable" } });
      const flow = await Flow.start(TRANSCRIBE, account());
      const { caught } = await flow.run({ payload: wav() });
      const [msg] = caught;
      should(msg?.error.code).equal("GLADIA_JOB");
      should(msg?.error.cause).containDeep({ status: 422, id: engine.control.jobs[0]?.id, retryable: false });
      should(msg?.gladia?.id).equal(engine.control.jobs[0]?.id);
    });

    it("reports an add-on that failed as a warning only", async () => {
      engine.control.script({ addOns: { summarization: { error: { status_code: 500, message: "no words" } } } });
      const flow = await Flow.start(TRANSCRIBE, account());
      const { out, caught, warnings } = await flow.run({ payload: wav(), options: { summarization: true } });
      should(caught).be.empty();
      should(out[0]?.gladia?.warnings?.[0]).match(/summarization.*no words/);
      should(warnings.some((text) => /no words/.test(text))).equal(true);
    });

    it("gives the id away at the deadline", async () => {
      engine.control.script({ processing: 60_000 });
      const flow = await Flow.start(TRANSCRIBE, account({ deadline: 0.5 }));
      const { caught } = await flow.run({ payload: wav() });
      should(caught[0]?.error.code).equal("GLADIA_TIMEOUT");
      should(caught[0]?.gladia?.id).equal(engine.control.jobs[0]?.id);
      should(caught[0]?.error.cause.id).equal(engine.control.jobs[0]?.id);
    });
  });

  describe("with msg.control", () => {
    it("cancels the wait of one job by its id", async () => {
      engine.control.script({ processing: 60_000 });
      const flow = await Flow.start(TRANSCRIBE, account());
      flow.receive({ payload: wav(), which: "a" });
      flow.receive({ payload: wav(0.4, 2), which: "b" });
      await until(() => flow.seen.progress.filter(({ payload }) => payload.id).length >= 2);
      const id = flow.seen.progress.find(({ payload }) => payload.id)?.payload.id;
      flow.receive({ control: "cancel", payload: id });
      await until(() => flow.seen.caught.length === 1);
      should(flow.seen.caught[0]?.error.code).equal("GLADIA_CANCELLED");
      should(flow.seen.caught[0]?.gladia?.id).equal(id);
      flow.receive({ control: "cancel-all" });
      await until(() => flow.seen.caught.length === 2);
      should(flow.seen.out).be.empty();
    });
  });

  describe("from servers that are none", () => {
    let server: Server | undefined;
    const serve = async (listener: RequestListener): Promise<string> => {
      server = createServer(listener).listen(0, "127.0.0.1");
      await new Promise((resolve) => server?.once("listening", resolve));
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    };
    const json =
      (status: number, body: unknown): RequestListener =>
      (request, response) => {
        request.resume().on("end", () => {
          response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
        });
      };
    afterEach(() => {
      server?.closeAllConnections();
      server?.close();
      server = undefined;
    });

    it("tells an answer that is not JSON", async () => {
      const apiUrl = await serve((request, response) => {
        request.resume().on("end", () => response.end("<html>Router login</html>"));
      });
      const flow = await Flow.start([{ type: "gladia-upload" }], { apiUrl, retries: 0 });
      const { caught } = await flow.run({ payload: wav() });
      should(caught[0]?.error.code).equal("GLADIA_RESPONSE");
      should(caught[0]?.error.message).match(/Router login/);
    });

    it("tells an answer without the promised field", async () => {
      const flow = await Flow.start([{ type: "gladia-upload" }], { apiUrl: await serve(json(200, {})), retries: 0 });
      const { caught } = await flow.run({ payload: wav() });
      should(caught[0]?.error.code).equal("GLADIA_RESPONSE");
      should(caught[0]?.error.message).match(/audio_url/);
    });

    it("tells a job without a status after some tries", async () => {
      const flow = await Flow.start([{ type: "gladia-get-result" }], {
        apiUrl: await serve(json(200, { id: "x" })),
        retries: 1,
      });
      const { caught } = await flow.run({ payload: "3fb0a7f6-4b5e-4d21-9a77-0b6d2f3a1c55" });
      should(caught[0]?.error.code).equal("GLADIA_RESPONSE");
    });

    it("tells a job that is done without a transcript", async () => {
      const done = json(200, { id: "x1", status: "done", result: { metadata: {} } });
      const flow = await Flow.start([{ type: "gladia-get-result" }], { apiUrl: await serve(done) });
      const { caught } = await flow.run({ payload: "x1" });
      should(caught[0]?.error.code).equal("GLADIA_RESPONSE");
      should(caught[0]?.gladia?.job?.status).equal("done");
    });

    it("tries the old address where the new one is unknown, and remembers", async () => {
      const asked: string[] = [];
      const apiUrl = await serve((request, response) => {
        const { url = "" } = request;
        asked.push(`${request.method} ${url}`);
        const reply = url.startsWith("/v2/transcription")
          ? json(201, {
              id: "j1",
              result_url: "r",
              status: "done",
              result: { transcription: { full_transcript: "old", utterances: [] } },
            })
          : json(404, { statusCode: 404, message: `Cannot POST ${url}` });
        reply(request, response);
      });
      const flow = await Flow.start(TRANSCRIBE, { apiUrl });
      const { out } = await flow.run({ payload: "https://example.com/a.wav" });
      await flow.run({ payload: "https://example.com/a.wav" });
      should(out.map(({ payload }) => payload)).eql(["old", "old"]);
      should(asked).eql([
        "POST /v2/pre-recorded",
        "POST /v2/transcription",
        "GET /v2/transcription/j1",
        "POST /v2/transcription",
        "GET /v2/transcription/j1",
      ]);
    });

    it("never takes the key to another origin", async () => {
      const keys: unknown[] = [];
      const other = createServer((request, response) => {
        keys.push(request.headers["x-gladia-key"]);
        json(200, { id: "x1", status: "done", result: { transcription: { full_transcript: "hi", utterances: [] } } })(
          request,
          response,
        );
      }).listen(0, "127.0.0.1");
      await new Promise((resolve) => other.once("listening", resolve));
      const apiUrl = await serve((_, response) => {
        response.writeHead(302, { location: `http://127.0.0.1:${(other.address() as AddressInfo).port}/x` }).end();
      });
      const flow = await Flow.start([{ type: "gladia-get-result" }], { apiUrl });
      const { out } = await flow.run({ payload: "x1" });
      should(out[0]?.payload).equal("hi");
      should(keys).eql([undefined]);
      other.close();
    });

    it("does not follow a create to another place", async () => {
      const apiUrl = await serve((request, response) => {
        request.resume().on("end", () => response.writeHead(307, { location: "http://127.0.0.1:9/steal" }).end());
      });
      const flow = await Flow.start(TRANSCRIBE, { apiUrl });
      const { caught } = await flow.run({ payload: "https://example.com/a.wav" });
      should(caught[0]?.error.code).equal("GLADIA_RESPONSE");
      should(caught[0]?.error.message).match(/points to another address/);
    });

    it("tells that nobody listens", async () => {
      const flow = await Flow.start([{ type: "gladia-upload" }], { apiUrl: "http://127.0.0.1:9", retries: 1 });
      const { caught } = await flow.run({ payload: wav() });
      should(caught[0]?.error.code).equal("GLADIA_NETWORK");
      should(caught[0]?.error.message).match(/127\.0\.0\.1:9.*ECONNREFUSED/);
    });
  });
});
