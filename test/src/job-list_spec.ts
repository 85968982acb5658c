import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import should from "should";
import { GladiaClient } from "../../src/client";
import { Transport } from "../../src/http/transport";
import { allJobs, listQuery } from "../../src/jobs/job-list";

/** Requests after which a list is taken to be asked for without end. */
const ENDLESS = 400;

describe("the list of all jobs", () => {
  /** Ids at the server, newest first, and what is done to them before each request but the first. */
  let ids: string[];
  let change: (request: number) => void;
  /** How the server treats what it is asked for. */
  let most: number;
  let knowsOffset: boolean;
  let requests: URL[];
  let client: GladiaClient;
  let close: () => Promise<void>;

  const answer: RequestListener = (request, response) => {
    const url = new URL(request.url ?? "", "http://server");
    requests.push(url);
    if (requests.length > ENDLESS) return void response.writeHead(400).end("{}");
    if (requests.length > 1) change(requests.length);
    const from = knowsOffset ? Number(url.searchParams.get("offset") ?? 0) : 0;
    const limit = Math.min(most, Number(url.searchParams.get("limit") ?? 20));
    const items = ids.slice(from, from + limit).map((id) => ({ id, status: "done" }));
    const next = from + items.length < ids.length ? "more" : null;
    response.setHeader("content-type", "application/json").end(JSON.stringify({ items, next, first: "", current: "" }));
  };
  const all = async (query = {}) => {
    const found: string[] = [];
    const { signal } = new AbortController();
    for await (const page of allJobs(client, query, { kind: "pre-recorded", signal })) {
      found.push(...page.map(({ id }) => id));
    }
    return found;
  };

  beforeEach(async () => {
    ids = Array.from({ length: 23 }, (_, n) => `job-${n}`);
    change = () => {};
    most = 1000;
    knowsOffset = true;
    requests = [];
    const server = createServer(answer).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const transport = new Transport({});
    const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    client = new GladiaClient({ apiUrl, apiKey: "key", timeout: 5, retries: 0, product: "Test/1", transport });
    close = async () => {
      await transport.close();
      server.close();
    };
  });
  afterEach(() => close());

  for (const limit of [1, 2, 5, 23, 100]) {
    it(`has each once, in pages of ${limit}`, async () => {
      should(await all({ limit })).eql(ids);
    });
  }

  it("has each once where the server gives one at a time", async () => {
    most = 1;
    should(await all({ limit: 10 })).eql(ids);
    should(requests.length).be.below(30);
  });

  it("ends where the server does not know offset", async () => {
    knowsOffset = false;
    should(await all({ limit: 5 })).eql(ids.slice(0, 5));
    should(requests.length).be.below(30);
  });

  it("loses none and doubles none while jobs are created and deleted", async () => {
    const stay = [...ids];
    let made = 0;
    change = (request) => {
      if (request % 2) ids.unshift(`new-${made++}`, `new-${made++}`);
      // What was listed already goes, and moves the rest up.
      else ids = ids.filter((id) => id !== `job-${request}` && id !== `job-${request - 1}`);
    };
    const found = await all({ limit: 4 });
    should(new Set(found).size).equal(found.length);
    should(stay.filter((id) => ids.includes(id) && !found.includes(id))).eql([]);
  });
});

describe("the filters of a list", () => {
  it("take a Date: as a day, or as a moment", () => {
    const moment = new Date("2026-11-26T21:30:00Z");
    should(listQuery({ date: moment, after_date: moment })).eql({
      date: "2026-11-26",
      after_date: "2026-11-26T21:30:00.000Z",
    });
  });
});
