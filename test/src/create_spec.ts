import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { GladiaClient } from "../../src/client";
import { Transport } from "../../src/http/transport";
import { createOnce, findEarlier } from "../../src/jobs/create";
import { KEY } from "../../src/jobs/key-search";
import type { AcceptedItem, CreatingItem } from "../../src/jobs/work-item";
import { until } from "../support/flow";
import { HostileServer } from "../support/hostile-server";

const HOUR = 3_600_000;

/** Jobs that others made after ours: more than a page holds. */
const NEWER = 70;

function clientOf({ url }: HostileServer, transport: Transport, retries: number): GladiaClient {
  return new GladiaClient({ apiUrl: url, apiKey: "key", timeout: 5, retries, product: "test/1", transport });
}

describe("a job whose create was not answered, where the server's clock is another than ours", () => {
  let server: HostileServer;
  let transport: Transport;
  let client: GladiaClient;
  let skew = 0;
  let made: { id: string; created_at: string; status: string; custom_metadata: object }[];
  const make = (key: string) => {
    const created_at = new Date(Date.now() + skew).toISOString();
    made.unshift({ id: randomUUID(), created_at, status: "queued", custom_metadata: { [KEY]: key } });
  };

  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const { method, url = "" } = request;
    const { searchParams } = new URL(url, "http://x");
    response.setHeader("date", new Date(Date.now() + skew).toUTCString());
    response.setHeader("content-type", "application/json");
    if (method === "POST") {
      make("ours");
      for (let n = 0; n < NEWER; n++) make(`${n}`);
      return void response.destroy();
    }
    if ([...searchParams.keys()].some((name) => name.startsWith("custom_metadata"))) {
      return void response.writeHead(400).end("{}"); // a server that knows no such filter
    }
    const [from, limit] = ["offset", "limit"].map((name) => Number(searchParams.get(name) ?? 0)) as [number, number];
    const next = from + limit < made.length ? "more" : null;
    response.end(JSON.stringify({ items: made.slice(from, from + limit), next }));
  };

  beforeEach(async () => {
    server = await new HostileServer().start();
    server.answer = answer;
    made = [];
    transport = new Transport();
    client = clientOf(server, transport, 1);
  });
  afterEach(async () => {
    await transport.close();
    await server.close();
  });

  for (const [what, hours] of [
    ["behind ours", -3],
    ["ahead of ours", 3],
  ] as const) {
    it(`is found, not made again: ${what}`, async () => {
      skew = hours * HOUR;
      await client.list({ limit: 1 }); // as an upload would, it tells the server's time
      const { signal } = new AbortController();
      const options = { key: "ours", retries: 1, deadline: performance.now() + 9000, signal };
      const { id } = await createOnce(client, { audio_url: "https://x.test/a.wav" }, options);
      should(made).have.length(NEWER + 1);
      should(made.at(-1)).match({ id, custom_metadata: { [KEY]: "ours" } });
    });

    it(`is found by the next run: ${what}`, async () => {
      skew = hours * HOUR;
      await client.list({ limit: 1 });
      await sleep(5);
      const item: CreatingItem = {
        ...{ key: "ours", node: "n", began: Date.now(), state: "creating", audio_url: "https://x.test/a.wav" },
        since: client.now,
      };
      const { signal } = new AbortController();
      await should(client.create({ audio_url: item.audio_url, custom_metadata: { [KEY]: "ours" } })).be.rejected();
      const found = await findEarlier(client, item, signal);
      should(found).match({ id: made.at(-1)?.id });
    });
  }
});

describe("jobs that many messages look for at once, as after a start", () => {
  let server: HostileServer;
  let transport: Transport;
  let client: GladiaClient;
  const jobs = Array.from({ length: 180 }, (_, n) => ({
    ...{ id: `job${n}`, created_at: new Date().toISOString(), status: "done" },
    custom_metadata: n % 3 === 0 ? { [KEY]: `key${n}` } : null,
  }));
  let status = 200;
  const item = (key: string): AcceptedItem => ({ key, node: "n", began: Date.now(), state: "accepted" });

  beforeEach(async () => {
    status = 200;
    server = await new HostileServer().start();
    server.answer = (request, response) => {
      const { searchParams } = new URL(request.url ?? "", "http://x");
      const from = Number(searchParams.get("offset"));
      const items = jobs.slice(from, from + Number(searchParams.get("limit")));
      const body = JSON.stringify({ items, next: from + items.length < jobs.length ? "more" : null });
      setTimeout(() => response.writeHead(status, { "content-type": "application/json" }).end(body), 20);
    };
    transport = new Transport();
    client = clientOf(server, transport, 0);
  });
  afterEach(async () => {
    await transport.close();
    await server.close();
  });

  it("are found by looking through the list once", async () => {
    const look = (_: unknown, n: number) => findEarlier(client, item(`key${n}`), new AbortController().signal);
    const found = await Promise.all(jobs.map(look));
    should(found.map((job) => job?.id)).eql(jobs.map(({ id }, n) => (n % 3 === 0 ? id : undefined)));
    should(server.asked).have.length(4);
  });

  it("are remembered for what was taken over before they were seen, and looked for again for what was not", async () => {
    const { signal } = new AbortController();
    const before = performance.now();
    should(await findEarlier(client, item("nobody's"), signal, before)).be.undefined();
    should(server.asked).have.length(4);
    for (const n of [0, 3, 4]) {
      should(await findEarlier(client, item(`key${n}`), signal, before)).eql(
        n === 4 ? undefined : { id: `job${n}`, audio_url: undefined },
      );
    }
    should(server.asked).have.length(4);
    should(await findEarlier(client, item("key4"), signal, performance.now())).be.undefined();
    should(server.asked).have.length(8);
    // What was created before the oldest that was seen is another matter.
    const old = { ...item("key5"), began: Date.now() - 9 * HOUR };
    should(await findEarlier(client, old, signal, before)).be.undefined();
    should(server.asked).have.length(8);
  });

  it("are looked for anew by whoever asks later", async () => {
    const { signal } = new AbortController();
    const first = findEarlier(client, item("nobody's"), signal);
    await until(() => server.asked.length === 2);
    const second = findEarlier(client, item("key0"), signal);
    should(await first).be.undefined();
    should(await second).match({ id: "job0" });
    should(server.asked).have.length(5);
  });

  it("are not looked for any more when nobody wants to know, and each is told why it cannot be known", async () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const asked = [one, two].map(({ signal }, n) => findEarlier(client, item(`nobody's ${n}`), signal));
    await until(() => server.asked.length === 1);
    one.abort(new Error("first"));
    await should(asked[0]).be.rejectedWith("first");
    two.abort(new Error("second"));
    await should(asked[1]).be.rejectedWith("second");
    // While a search is under way, the next one is given up before it begins.
    const [goesOn, givenUp] = [new AbortController(), new AbortController()];
    const first = findEarlier(client, item("key0"), goesOn.signal);
    await until(() => server.asked.length === 2);
    const never = findEarlier(client, item("key3"), givenUp.signal);
    givenUp.abort(new Error("third"));
    await should(never).be.rejectedWith("third");
    const late = findEarlier(client, item("key6"), goesOn.signal);
    should([(await first)?.id, (await late)?.id]).eql(["job0", "job6"]);
    status = 500;
    const asks = server.asked.length;
    const { signal } = new AbortController();
    const failing = ["a", "b"].map((key) => findEarlier(client, item(key), signal));
    for (const failed of failing)
      await should(failed).be.rejectedWith({ code: "GLADIA_NETWORK", params: { lookup: { code: "GLADIA_SERVER" } } });
    should(server.asked.length - asks).equal(1);
  });
});
