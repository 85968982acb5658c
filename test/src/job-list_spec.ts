import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import should from "should";
import { GladiaClient, type ListQuery } from "../../src/client";
import { Transport } from "../../src/http/transport";
import { allJobs, listQuery } from "../../src/jobs/job-list";

describe("all jobs of an account", () => {
  /** Newest first, as the server has them. */
  let jobs: string[];
  let asked: { offset: number; limit: number }[];
  /** What happens at the server after it has answered so many requests. */
  let meanwhile: (answered: number) => void;
  /** How the server reads a query. */
  let reads: (query: { offset: number; limit: number }) => { offset: number; limit: number };
  /** Whether it promises another page whatever it has. */
  let isEndless: boolean;
  let transport: Transport;
  let client: GladiaClient;

  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? "", "http://localhost");
    const query = { offset: Number(searchParams.get("offset")), limit: Number(searchParams.get("limit")) };
    asked.push(query);
    if (asked.length > 500) return void response.writeHead(400).end("{}"); // nobody asks so often
    const { offset, limit } = reads(query);
    const items = jobs.slice(offset, offset + limit).map((id) => ({ id, status: "done" }));
    const next = isEndless || offset + limit < jobs.length ? "http://localhost/next" : null;
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ items, next }));
    meanwhile(asked.length);
  });
  const numbered = (count: number) => Array.from({ length: count }, (_, n) => `job-${count - n}`);
  const all = async (query: ListQuery = {}) => {
    const ids: string[] = [];
    const { signal } = new AbortController();
    for await (const page of allJobs(client, query, { kind: "pre-recorded", signal }))
      ids.push(...page.map(({ id }) => id));
    return ids;
  };

  before((done) => {
    server.listen(0, "127.0.0.1", () => {
      const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      transport = new Transport({});
      client = new GladiaClient({ apiUrl, apiKey: "key", timeout: 60, retries: 0, product: "Test/1", transport });
      done();
    });
  });
  after(async () => {
    await transport.close();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => {
    jobs = numbered(25);
    asked = [];
    meanwhile = () => {};
    reads = (query) => query;
    isEndless = false;
  });

  for (const limit of [1, 2, 3, 25, 100]) {
    it(`are each there once in pages of ${limit}`, async () => {
      should(await all({ limit })).eql(numbered(25));
    });
  }

  it("begin where they shall", async () => {
    should(await all({ limit: 4, offset: 10 })).eql(numbered(25).slice(10));
  });

  it("are each there once while others are created", async () => {
    meanwhile = (n) => {
      if (n <= 4) jobs.unshift(`new-${n}a`, `new-${n}b`, `new-${n}c`);
    };
    should((await all({ limit: 4 })).filter((id) => id.startsWith("job-"))).eql(numbered(25));
  });

  it("are each there once while others are deleted", async () => {
    meanwhile = (n) => {
      if (n <= 3) jobs.splice(0, 3);
    };
    const listed = await all({ limit: 4 });
    should(new Set(listed).size).equal(listed.length);
    should(listed).containDeep(numbered(25).slice(9));
  });

  it("are each there once where most are deleted after the first pages", async () => {
    jobs = numbered(200);
    meanwhile = (n) => {
      if (n === 20) jobs.splice(2, 35);
    };
    should((await all({ limit: 3 })).sort()).eql(numbered(200).sort());
  });

  it("are each there once while some are created and some deleted", async () => {
    meanwhile = (n) => {
      if (n % 2) jobs.splice(1, 2);
      else if (n < 10) jobs.unshift(`new-${n}`);
    };
    const kept = () => jobs.filter((id) => id.startsWith("job-"));
    const listed = await all({ limit: 3 });
    should(new Set(listed).size).equal(listed.length);
    should(kept().filter((id) => !listed.includes(id))).eql([]);
  });

  it("are read to the end from a server that gives one at a time", async () => {
    reads = ({ offset }) => ({ offset, limit: 1 });
    should(await all()).eql(numbered(25));
  });

  it("end at a server that ignores the offset", async () => {
    reads = ({ limit }) => ({ offset: 0, limit });
    should(await all({ limit: 10 })).eql(numbered(25).slice(0, 10));
    should(asked.length).be.below(40);
  });

  it("end at a server that takes the offset for a page", async () => {
    reads = ({ offset, limit }) => ({ offset: offset * limit, limit });
    isEndless = true;
    should(await all({ limit: 10 })).eql(numbered(25).slice(0, 10));
    should(asked.length).be.below(40);
  });

  it("end at a server that always promises another page", async () => {
    isEndless = true;
    should(await all({ limit: 10 })).eql(numbered(25));
    should(asked.length).be.below(40);
  });
});

describe("a filter of jobs", () => {
  const time = new Date("2026-11-26T09:30:00Z");

  it("names a day for a date", () => {
    should(listQuery({ date: time })).eql({ date: "2026-11-26" });
  });

  it("names a time for before and after", () => {
    should(listQuery({ before_date: time, after_date: time })).eql({
      before_date: "2026-11-26T09:30:00.000Z",
      after_date: "2026-11-26T09:30:00.000Z",
    });
  });
});
