import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { GladiaClient } from "../../src/client";
import { Transport } from "../../src/http/transport";
import { createOnce, findEarlier, KEY } from "../../src/jobs/create";
import type { CreatingItem } from "../../src/jobs/work-item";
import { HostileServer } from "../support/hostile-server";

const HOUR = 3_600_000;

/** Jobs that others made after ours: more than a page holds. */
const NEWER = 70;

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
    const settings = { apiUrl: server.url, apiKey: "key", timeout: 5, retries: 1, product: "test/1" };
    client = new GladiaClient({ ...settings, transport });
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
