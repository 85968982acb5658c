import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import should from "should";
import gladiaSidebar from "../../nodes/gladia-sidebar";
import { wav } from "../support/engine";
import { Flow, until } from "../support/flow";
import helper from "../support/helper";

/** A server that gives each customer jobs of its own, and nobody's to anybody else. */
class KeyedServer {
  readonly jobs = new Map<string, { key: string; asked: number }>();
  readonly asked: { key: string; method: string; path: string }[] = [];
  /** How often a job is asked for until it is done. */
  rounds = 1;
  url = "";
  #server: Server | undefined;

  async start(): Promise<this> {
    this.#server = createServer((request, response) => {
      const key = String(request.headers["x-gladia-key"]);
      const { pathname: path } = new URL(request.url ?? "/", "http://localhost");
      const { method = "GET" } = request;
      this.asked.push({ key, method, path });
      const json = (status: number, body: object) =>
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      request.resume().on("end", () => {
        if (key.includes("wrong")) return json(401, { message: `unknown key ${key}` });
        if (path === "/v2/upload") return json(200, { audio_url: `${this.url}/file/1`, audio_metadata: {} });
        const id = path.split("/")[3];
        if (method === "POST") {
          const made = `job-${this.jobs.size}-of-${this.jobs.size}`;
          this.jobs.set(made, { key, asked: 0 });
          return json(201, { id: made, result_url: `${this.url}/v2/pre-recorded/${made}` });
        }
        if (!id) return json(200, { items: [], next: null });
        const job = this.jobs.get(id);
        if (job?.key !== key) return json(404, { message: "Not found" });
        const isDone = ++job.asked >= this.rounds;
        const result = {
          metadata: { billing_time: 2 },
          transcription: { full_transcript: `for ${key.split("-").pop()}`, utterances: [] },
        };
        json(200, isDone ? { id, status: "done", result } : { id, status: "processing" });
      });
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }
}

describe("an account that serves several customers", function () {
  this.timeout(20_000);
  let server: KeyedServer;

  before(() => helper.startServer());
  after(() => helper.stopServer());
  beforeEach(async () => {
    server = await new KeyedServer().start();
  });
  afterEach(async () => {
    await Flow.stop();
    server.stop();
  });

  const account = (more: object = {}) => ({
    ...{ apiUrl: server.url, apiKey: "own-key-0000", keyFrom: "customer.key", keyFromType: "msg", retries: 0, ...more },
  });
  const get = (path: string) => helper.request().get(`/gladia-sidebar/accounts${path}`);

  it("does all for a message with its customer's key, and shows each job in the sidebar", async () => {
    const flow = await Flow.start([{ type: "gladia-transcribe" }], account(), {}, [gladiaSidebar]);
    const { out } = await flow.run(
      { payload: wav(), customer: { key: "key-of-anna" } },
      { payload: wav(), customer: { key: " key-of-bert\n" } },
      { payload: wav(), customer: { key: "own-key-0000" } },
    );
    should(out.map(({ payload }) => payload).sort()).eql(["for 0000", "for anna", "for bert"]);
    should([...server.jobs.values()].map(({ key }) => key).sort()).eql(["key-of-anna", "key-of-bert", "own-key-0000"]);
    for (const { gladia, payload } of out) {
      should((await get(`/${flow.account}/jobs/${gladia?.id}/text`)).body).eql({ text: payload });
    }
    const { body, text } = await get(`/${flow.account}/jobs`);
    should(body.jobs).have.length(3);
    should(body.used).equal(6);
    should(text).not.match(/key-of-anna|key-of-bert|own-key/);
  });

  it("takes the key from a context or the environment, too", async () => {
    process.env["GLADIA_TEST_CUSTOMER"] = "key-of-env";
    const environment = await Flow.start(
      [{ type: "gladia-transcribe" }],
      account({ keyFrom: "GLADIA_TEST_CUSTOMER", keyFromType: "env" }),
    );
    should((await environment.run({ payload: wav() })).out[0]?.payload).equal("for env");
    delete process.env["GLADIA_TEST_CUSTOMER"];
    await Flow.stop();
    const flow = await Flow.start([{ type: "gladia-transcribe" }], account({ keyFrom: "key", keyFromType: "flow" }));
    helper.getNode("out").context().flow.set("key", "key-of-flow");
    should((await flow.run({ payload: wav() })).out[0]?.payload).equal("for flow");
  });

  it("never uses its own key where a message has none, and says where it looked", async () => {
    const flow = await Flow.start([{ type: "gladia-transcribe" }], account());
    const { caught } = await flow.run(
      { payload: wav() },
      { payload: wav(), customer: {} },
      { payload: wav(), customer: { key: "" } },
      { payload: wav(), customer: { key: 7 } },
      { payload: wav(), customer: { key: "with a space" } },
    );
    should(caught).have.length(5);
    for (const { gladia } of caught) should(gladia?.error?.code).equal("GLADIA_CONFIG");
    for (const { gladia } of caught.slice(0, 4)) should(gladia?.error?.message).containEql("msg.customer.key");
    should(server.asked).be.empty();
  });

  it("tells nobody a customer's key, also when the server repeats it", async () => {
    const flow = await Flow.start([{ type: "gladia-transcribe" }], account());
    const { caught, statuses, warnings, errors } = await flow.run({
      ...{ payload: wav(), customer: { key: "wrong-key-of-carl" } },
    });
    should(caught[0]?.gladia?.error?.code).equal("GLADIA_AUTH");
    const told = [caught[0]?.gladia, caught[0]?.error, statuses, warnings, errors];
    should(JSON.stringify(told)).not.containEql("wrong-key-of-carl");
  });

  it("has slots for each customer, and asks for nothing with its own key", async () => {
    server.rounds = 1000;
    const flow = await Flow.start([{ type: "gladia-transcribe" }], account({ concurrency: 1 }));
    flow.receive({ payload: wav(), customer: { key: "key-of-anna" } });
    flow.receive({ payload: wav(), customer: { key: "key-of-bert" } });
    flow.receive({ payload: wav(), customer: { key: "key-of-anna" } });
    await until(() => server.jobs.size === 2);
    should(new Set([...server.jobs.values()].map(({ key }) => key)).size).equal(2);
    server.rounds = 1;
    await until(() => flow.seen.out.length === 3);
    should(flow.seen.out.map(({ payload }) => payload).sort()).eql(["for anna", "for anna", "for bert"]);
    should(server.asked.every(({ key }) => key !== "own-key-0000")).equal(true);
  });
});
