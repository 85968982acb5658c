import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import should from "should";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow } from "../support/flow";
import helper, { coreNode } from "../support/helper";

const UPLOAD = [{ type: "gladia-upload" }];
const proxyNode = coreNode("network/06-httpproxy");

describe("gladia-config", () => {
  let engine: Engine & { folder: string };
  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.close());
  beforeEach(() => engine.control.reset());
  afterEach(() => Flow.stop());

  const wrong: [string, ({ apiUrl: string } & Record<string, unknown>) | null, RegExp][] = [
    ["no account", null, /No Gladia account is chosen/],
    ["no key", { apiUrl: "http://127.0.0.1:9", apiKey: "" }, /has no API key/],
    ["a key with a line break in it", { apiUrl: "http://127.0.0.1:9", apiKey: "a\nb" }, /characters that no key has/],
    [
      "an unset variable as key",
      { apiUrl: "http://127.0.0.1:9", apiKey: "${NO_SUCH_KEY}" },
      /NO_SUCH_KEY is not set.*apiKey/,
    ],
    ["an unset variable within the address", { apiUrl: "http://${NO_HOST}:9" }, /NO_HOST is not set.*apiUrl/],
    ["an address that is none", { apiUrl: "gladia" }, /not an http\(s\) URL: gladia/],
    ["a negative number", { apiUrl: "http://127.0.0.1:9", retries: -1 }, /retries.*at least 0/],
    ["a deadline of 0", { apiUrl: "http://127.0.0.1:9", deadline: "0" }, /deadline/],
    ["a concurrency of half", { apiUrl: "http://127.0.0.1:9", concurrency: "0.5" }, /concurrency/],
    [
      "a context store that Node-RED does not have",
      { apiUrl: "http://127.0.0.1:9", store: "nowhere" },
      /no context store called nowhere/,
    ],
    ["a negative budget", { apiUrl: "http://127.0.0.1:9", budget: "-5" }, /budget.*at least 0/],
    ["a proxy that is gone", { apiUrl: "http://127.0.0.1:9", proxy: "gone" }, /proxy/],
    ["TLS settings that are gone", { apiUrl: "http://127.0.0.1:9", tls: "gone" }, /TLS/],
  ];
  for (const [what, account, message] of wrong) {
    it(`tells of ${what}`, async () => {
      const flow = await Flow.start(UPLOAD, account);
      const { caught, out } = await flow.run({ payload: wav() });
      should(out).be.empty();
      should(caught).have.length(1);
      should(caught[0]?.error.code).equal("GLADIA_CONFIG");
      should(caught[0]?.error.message).match(message);
    });
  }

  it("reads address and key from the environment", async () => {
    process.env["TEST_GLADIA_HOST"] = new URL(engine.url).host;
    process.env["TEST_GLADIA_KEY"] = "key";
    try {
      const flow = await Flow.start(UPLOAD, { apiUrl: "http://${TEST_GLADIA_HOST}/", apiKey: "${TEST_GLADIA_KEY}" });
      should((await flow.run({ payload: wav() })).out).have.length(1);
    } finally {
      delete process.env["TEST_GLADIA_HOST"];
      delete process.env["TEST_GLADIA_KEY"];
    }
  });

  it("tells a wrong key, and keeps it to itself", async () => {
    const flow = await Flow.start(UPLOAD, { apiUrl: engine.url, apiKey: "very-secret-wrong-key" });
    const { caught, statuses } = await flow.run({ payload: wav() });
    should(caught[0]?.error.code).equal("GLADIA_AUTH");
    should(caught[0]?.["statusCode"]).equal(401);
    should(JSON.stringify([caught, statuses])).not.containEql("very-secret");
    should(caught[0]?.error.stack).not.containEql("very-secret");
  });

  it("keeps one connection for one message after another", async () => {
    const flow = await Flow.start(UPLOAD, { apiUrl: engine.url });
    await flow.run({ payload: wav() });
    await flow.run({ payload: wav() });
    await flow.run({ payload: wav() });
    should(engine.control.connections).equal(1);
  });

  it("leaves the process-wide dispatcher alone", async () => {
    const symbol = Symbol.for("undici.globalDispatcher.1");
    const before = (globalThis as Record<symbol, unknown>)[symbol];
    const flow = await Flow.start(UPLOAD, { apiUrl: engine.url });
    await flow.run({ payload: wav() });
    should((globalThis as Record<symbol, unknown>)[symbol]).equal(before);
  });

  it("has no more jobs under way than allowed, and a limit for those that wait", async () => {
    engine.control.settings.languages = "any";
    engine.control.script({ processing: 600 });
    const flow = await Flow.start([{ type: "gladia-transcribe" }], {
      apiUrl: engine.url,
      concurrency: 2,
      queueLimit: 2,
    });
    let most = 0;
    const count = setInterval(() => {
      const open = engine.control.jobs.length - flow.seen.out.length;
      most = Math.max(most, open);
    }, 5);
    const messages = [1, 2, 3, 4, 5].map((seed) => ({ payload: wav(0.2, seed) }));
    const { out, caught, statuses } = await flow.run(...messages);
    clearInterval(count);
    should(out).have.length(4);
    should(caught.map(({ error }) => error.code)).eql(["GLADIA_QUEUE_FULL"]);
    should(most).be.belowOrEqual(2);
    should(statuses.some(({ text }) => text?.includes("queued-at"))).equal(true);
  });

  describe("through a proxy", () => {
    let proxy: Server;
    const tunnels: string[] = [];
    const sockets = new Set<Socket>();
    before(async () => {
      proxy = createServer().on("connect", (request, socket: Socket, head) => {
        tunnels.push(`${request.url} ${request.headers["proxy-authorization"] ?? ""}`);
        const [host, port] = String(request.url).split(":");
        const onward = connect(Number(port), host, () => {
          socket.write("HTTP/1.1 200 OK\r\n\r\n");
          onward.write(head);
          onward.pipe(socket).pipe(onward);
        });
        for (const end of [socket, onward]) sockets.add(end.on("error", () => end.destroy()));
      });
      proxy.listen(0, "127.0.0.1");
      await new Promise((resolve) => proxy.once("listening", resolve));
    });
    after(() => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    });

    it("reaches Gladia through core's http proxy node, with its login", async () => {
      const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const flow = await Flow.start(
        UPLOAD,
        { apiUrl: engine.url, proxy: "p" },
        {},
        [proxyNode],
        [{ id: "p", type: "http proxy", url, noproxy: [] }],
        { p: { username: "u", password: "p" } },
      );
      const { out, caught } = await flow.run({ payload: wav() });
      should(caught).be.empty();
      should(out).have.length(1);
      should(tunnels).eql([`${new URL(engine.url).host} Basic ${Buffer.from("u:p").toString("base64")}`]);
    });

    const address = () => `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const names: [string, () => string][] = [
      ["HTTP_PROXY", address],
      ["http_proxy", address],
      ["all_proxy", () => `http://${address()}`],
      ["ALL_PROXY", address],
    ];
    for (const [name, value] of names) {
      it(`finds it in ${name} of the environment`, async () => {
        tunnels.length = 0;
        process.env[name] = value();
        try {
          const flow = await Flow.start(UPLOAD, { apiUrl: engine.url });
          const { out, caught } = await flow.run({ payload: wav() });
          should(caught).be.empty();
          should(out).have.length(1);
        } finally {
          delete process.env[name];
        }
        should(tunnels.map((tunnel) => tunnel.trim())).eql([new URL(engine.url).host]);
      });
    }

    it("goes around it for hosts of no_proxy, by Node-RED's own setting", async () => {
      tunnels.length = 0;
      const env = { all_proxy: "127.0.0.1:9", no_proxy: "127.0.0.1" };
      const flow = await Flow.start(UPLOAD, { apiUrl: engine.url }, { proxyOptions: { env } });
      should((await flow.run({ payload: wav() })).out).have.length(1);
    });

    it("goes around it for hosts on its list", async () => {
      tunnels.length = 0;
      const flow = await Flow.start(
        UPLOAD,
        { apiUrl: engine.url, proxy: "p" },
        {},
        [proxyNode],
        [{ id: "p", type: "http proxy", url: "http://127.0.0.1:9", noproxy: ["127.0.0.1"] }],
      );
      should((await flow.run({ payload: wav() })).out).have.length(1);
      should(tunnels).be.empty();
    });
  });

  describe("Test connection", () => {
    const ask = async (body: object) => {
      const answer = await helper.request().post("/gladia-config/test").send(body);
      return answer.body as { ok: boolean; code?: string; message?: string };
    };

    it("says yes with the saved key and with one that is not saved yet", async () => {
      const { account: id } = await Flow.start(UPLOAD, { apiUrl: engine.url });
      should(await ask({ id, apiUrl: engine.url, apiKey: "__PWRD__" })).eql({ ok: true });
      should(await ask({ id: "new", apiUrl: engine.url, apiKey: "key" })).eql({ ok: true });
      should(engine.control.requests.every(({ url }) => url === "/v2/pre-recorded?limit=1")).equal(true);
    });

    it("says why not", async () => {
      await Flow.start(UPLOAD, { apiUrl: engine.url });
      should(await ask({ id: "c", apiUrl: engine.url, apiKey: "wrong" })).have.property("code", "GLADIA_AUTH");
      should(await ask({ id: "c", apiUrl: engine.url, apiKey: "" })).have.property("code", "GLADIA_CONFIG");
      should(await ask({ id: "c", apiUrl: "http://127.0.0.1:9", apiKey: "key" })).have.property(
        "code",
        "GLADIA_NETWORK",
      );
      should(await ask({ apiUrl: "${NO_SUCH}", apiKey: "key" })).have.property("code", "GLADIA_CONFIG");
    });
  });
});
