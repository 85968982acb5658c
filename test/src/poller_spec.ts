import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { GladiaClient } from "../../src/client";
import type { GladiaError } from "../../src/errors";
import { Transport } from "../../src/http/transport";
import type { WatchOptions } from "../../src/jobs/polling/pending-job";
import { PendingList } from "../../src/jobs/polling/pending-list";
import { Poller, type PollerOptions } from "../../src/jobs/polling/poller";
import type { Job } from "../../src/types";
import { until } from "../support/flow";

interface Asked {
  at: number;
  route: "get" | "list";
  id: string;
  query: URLSearchParams;
}

/** Jobs that end at set times, a list with all its filters, and a count of everything. */
class JobServer {
  /** When each job ends (milliseconds of `Date.now()`). */
  readonly ends = new Map<string, number>();
  readonly asked: Asked[] = [];
  /** Most connections at once. */
  connections = 0;
  url = "";
  /** Answers in place of the server where it returns true. */
  instead: (asked: Asked, response: ServerResponse) => boolean = () => false;
  /** What a list shows, newest first. */
  listed = (query: URLSearchParams): object[] => {
    const wanted = query.getAll("status");
    return [...this.ends.keys()]
      .map((id) => this.job(id))
      .filter(({ status }) => wanted.includes(status))
      .reverse();
  };
  /** Entries of a page, whatever is asked for. */
  mostEntries = Number.POSITIVE_INFINITY;
  #server: Server | undefined;

  async start(): Promise<void> {
    let open = 0;
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? "/", "http://localhost");
      const id = url.pathname.split("/")[3] ?? "";
      const asked: Asked = { at: Date.now(), route: id ? "get" : "list", id, query: url.searchParams };
      this.asked.push(asked);
      if (this.instead(asked, response)) return;
      if (!id) this.#page(url.searchParams, response);
      else if (this.ends.has(id)) json(response, 200, this.job(id));
      else json(response, 404, { message: "Not found" });
    });
    this.#server.on("connection", (socket) => {
      this.connections = Math.max(this.connections, ++open);
      socket.on("close", () => open--);
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  count(route: "get" | "list", id?: string): number {
    return this.asked.filter((asked) => asked.route === route && (id === undefined || asked.id === id)).length;
  }

  /** Most requests for single jobs in any second. */
  burst(): number {
    const times = this.asked.filter(({ route }) => route === "get").map(({ at }) => at);
    return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length));
  }

  job(id: string): { id: string; status: string } {
    return { id, status: (this.ends.get(id) ?? 0) <= Date.now() ? "done" : "processing" };
  }

  #page(query: URLSearchParams, response: ServerResponse): void {
    const limit = Math.min(this.mostEntries, Number(query.get("limit") ?? 20));
    const offset = Number(query.get("offset") ?? 0);
    const all = this.listed(query);
    const items = all.slice(offset, offset + limit);
    json(response, 200, { items, next: offset + items.length < all.length ? "more" : null });
  }
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

describe("waiting for jobs", () => {
  let server: JobServer;
  let transport: Transport;
  let poller: Poller;
  let final: Map<string, { at: number; status: string }>;
  let failed: Map<string, GladiaError>;

  beforeEach(async () => {
    server = new JobServer();
    await server.start();
    transport = new Transport();
    open();
  });
  afterEach(async () => {
    poller.close();
    await transport.close();
    server.stop();
  });

  function open(more: Partial<PollerOptions> = {}): void {
    final = new Map();
    failed = new Map();
    const settings = { apiKey: "key", timeout: 30, retries: 2, product: "Test/1", transport };
    poller = new Poller({
      client: new GladiaClient({ apiUrl: server.url, ...settings }),
      retries: 2,
      onStatus: () => {},
      onFinal: ({ id }, { status }: Job) => final.set(id, { at: Date.now(), status }),
      onFailure: ({ id }, error) => failed.set(id, error as GladiaError),
      ...more,
    });
  }
  /** Jobs of ours that end so many milliseconds from now, the n-th `step` later than the one before. */
  function watch(count: number, milliseconds: number, step = 0, more: Partial<WatchOptions> = {}): string[] {
    const end = Date.now() + milliseconds;
    const ids = Array.from({ length: count }, (_, n) => `job-${server.ends.size + n}`);
    for (const [n, id] of ids.entries()) server.ends.set(id, end + n * step);
    for (const id of ids) poller.watch(id, { createdHere: true, ...more });
    return ids;
  }
  const allFinal = (count: number) => until(() => final.size === count, 50_000);
  const delays = () => [...final].map(([id, { at }]) => at - (server.ends.get(id) ?? 0)).sort((a, b) => a - b);

  describe("one by one", () => {
    it("finds a short clip soon, with few requests", async () => {
      watch(1, 1500, 0, { duration: 3 });
      await allFinal(1);
      should(server.count("get")).be.belowOrEqual(5);
      should(server.count("list")).equal(0);
    });

    it("does not ask for an hour of audio as for a short clip", async () => {
      watch(1, 60_000, 0, { duration: 3600 });
      await sleep(2000);
      should(server.count("get")).equal(0);
    });

    it("asks in the interval that was set, also with many jobs, and not through the list", async () => {
      const ids = watch(6, 60_000, 0, { interval: 0.4 });
      await sleep(3000);
      should(server.count("list")).equal(0);
      for (const id of ids) {
        const times = server.asked.filter((asked) => asked.id === id).map(({ at }) => at);
        should(times.length).be.within(2, 8);
        for (const [n, at] of times.slice(1).entries()) should(at - (times[n] ?? 0)).be.aboveOrEqual(390);
      }
    });

    it("takes the shorter interval of two", async () => {
      const [id = ""] = watch(1, 60_000, 0, { interval: 600 });
      poller.watch(id, { createdHere: true, interval: 0.2 });
      await until(() => server.count("get") >= 3);
    });

    it("asks gently where a callback is expected, and at once at a hint", async () => {
      const [id = ""] = watch(1, 800, 0, { callbackExpected: true });
      await sleep(1500);
      should(server.count("get")).equal(0);
      poller.recheck(id);
      await allFinal(1);
      should(server.count("get")).equal(1);
    });

    it("asks again when a hint comes while a request is under way", async () => {
      const [id = ""] = watch(1, 60_000, 0, { interval: 600 });
      let held: (() => void) | undefined;
      server.instead = (_, response) => {
        if (held) return false;
        held = () => json(response, 200, { id, status: "processing" });
        return true;
      };
      poller.recheck(id);
      await until(() => held !== undefined);
      server.ends.set(id, 0);
      poller.recheck(id);
      held?.();
      await allFinal(1);
      should(server.count("get")).equal(2);
    });

    it("gives up what answers nonsense after the retries, and only that", async () => {
      const [bad = "", odd = ""] = watch(3, 2500, 0, { interval: 0.1 });
      server.instead = ({ id }, response) => {
        if (id === bad) response.end("<html>");
        else if (id === odd) json(response, 200, { id, status: 7 });
        return id === bad || id === odd;
      };
      await allFinal(1);
      await until(() => failed.size === 2);
      should(failed.get(bad)?.code).equal("GLADIA_RESPONSE");
      should(failed.get(odd)?.code).equal("GLADIA_RESPONSE");
      should(server.count("get", bad)).equal(3);
      should(server.count("get", odd)).equal(3);
    });

    it("tells at once what the server does not know or refuses", async () => {
      poller.watch("strange", { createdHere: false });
      await until(() => failed.size === 1);
      should(failed.get("strange")?.code).equal("GLADIA_NOT_FOUND");
      server.instead = (_, response) => {
        json(response, 401, { message: "gladia user not found" });
        return true;
      };
      poller.watch("refused", { createdHere: false });
      await until(() => failed.size === 2);
      should(failed.get("refused")?.code).equal("GLADIA_AUTH");
      should(server.count("get")).equal(2);
    });
  });

  it("is patient with a job that turns out to be ours while it is asked for", async () => {
    const [id = ""] = watch(1, 60_000, 0, { interval: 600, createdHere: false });
    let unknown = 0;
    server.instead = (_, response) => {
      if (unknown > 1) return false;
      if (unknown++ === 0) poller.watch(id, { createdHere: true, interval: 0.1 });
      json(response, 404, { message: "Not found" });
      return true;
    };
    server.ends.set(id, 0);
    poller.recheck(id);
    await allFinal(1);
    should(failed.size).equal(0);
  });

  describe("many at once", () => {
    it("reads the list, and asks for a job when it is gone from there", async () => {
      watch(60, 1000, 40);
      await allFinal(60);
      should([...final.values()].every(({ status }) => status === "done")).equal(true);
      should(server.count("get")).be.belowOrEqual(75);
      should(server.asked.length / 60).be.belowOrEqual(1.8);
      should(server.asked.find(({ route }) => route === "list")?.query.getAll("status")).eql(["queued", "processing"]);
    });

    it("misses none that ends while pages shift, and never takes a list's word for it", async () => {
      server.mostEntries = 20;
      // Each page is read from another state: the entries behind those that ended have moved to the front.
      watch(300, 800, 8);
      await allFinal(300);
      should(failed.size).equal(0);
      for (const [id] of final) should(server.count("get", id)).be.aboveOrEqual(1);
      should(server.asked.length / 300).be.below(3);
    });

    it("does not burst when all end at once, and needs few connections", async () => {
      watch(200, 1500);
      await allFinal(200);
      should(server.burst()).be.belowOrEqual(100);
      should(server.connections).be.belowOrEqual(16);
    });

    it("does not burst without a list, either", async () => {
      server.instead = ({ route }, response) => {
        if (route === "list") json(response, 404, { message: "Cannot GET /v2/pre-recorded" });
        return route === "list";
      };
      watch(200, 3000);
      await allFinal(200);
      should(server.count("list")).equal(1);
      should(server.burst()).be.belowOrEqual(100);
      should(server.connections).be.belowOrEqual(16);
    });

    it("reads on where the server allows smaller pages, or refuses large ones", async () => {
      server.mostEntries = 50;
      watch(250, 60_000);
      await until(() => server.count("list") >= 12);
      should(server.count("get")).be.belowOrEqual(10);
      server.asked.length = 0;
      server.mostEntries = Number.POSITIVE_INFINITY;
      server.instead = ({ query }, response) => {
        const isRefused = Number(query.get("limit")) > 100;
        if (isRefused) json(response, 400, { message: "limit must not be greater than 100" });
        return isRefused;
      };
      poller.close();
      open();
      watch(250, 60_000);
      await until(() => server.asked.filter(({ query }) => query.get("limit") === "100").length >= 9);
      should(server.asked.filter(({ query }) => Number(query.get("limit")) > 100).length).be.belowOrEqual(1);
    });

    it("proves now and then that what is listed as pending is so", async () => {
      watch(5, 60_000);
      await until(() => server.count("get") >= 1, 15_000);
      should(server.count("get")).be.belowOrEqual(2);
    });
  });

  describe("with a list that is useless", () => {
    const found = async (count: number, most: number) => {
      await allFinal(count);
      should(delays().at(-1)).be.belowOrEqual(most);
      should(server.asked.length / count).be.belowOrEqual(14);
    };
    const gives = (entries: (query: URLSearchParams) => object[]) => {
      server.listed = entries;
      watch(20, 1500, 75);
    };

    it("none at all", async () => {
      server.instead = ({ route }, response) => {
        if (route === "list") json(response, 404, { message: "Cannot GET /v2/pre-recorded" });
        return route === "list";
      };
      watch(20, 1500, 75);
      await found(20, 8000);
      should(server.count("list")).equal(1);
    });

    it("one that always fails", async () => {
      server.instead = ({ route }, response) => {
        if (route === "list") json(response, 500, {});
        return route === "list";
      };
      watch(20, 1500, 75);
      await found(20, 8000);
      should(server.count("list")).be.belowOrEqual(4);
    });

    it("one that is not a list", async () => {
      server.instead = ({ route }, response) => {
        if (route === "list") json(response, 200, { items: { a: 1 }, next: null });
        return route === "list";
      };
      watch(20, 1500, 75);
      await found(20, 8000);
      should(server.count("list")).be.belowOrEqual(4);
    });

    it("one that is always empty", async () => {
      gives(() => []);
      await found(20, 8000);
      should(server.count("list")).be.belowOrEqual(8);
    });

    it("one that is full of the jobs of others", async () => {
      const others = Array.from({ length: 5000 }, (_, n) => ({ id: `other-${n}`, status: "processing" }));
      gives(() => others);
      await found(20, 8000);
      should(server.count("list")).be.belowOrEqual(6);
    });

    it("one that ignores the status, so that it carries results", async () => {
      const old = Array.from({ length: 500 }, (_, n) => ({ id: `old-${n}`, status: "done", result: {} }));
      gives(() => [...server.ends.keys()].map((id) => server.job(id)).concat(old));
      await found(20, 8000);
      should(server.count("list")).be.belowOrEqual(4);
    });

    it("one that ignores limit and offset", async () => {
      server.instead = ({ route }, response) => {
        if (route === "list") {
          const query = new URLSearchParams({ status: "processing" });
          json(response, 200, { items: server.listed(query).slice(0, 20), next: "more" });
        }
        return route === "list";
      };
      watch(20, 1500, 75);
      await found(20, 8000);
    });

    it("one from an old copy that shows for ever what has ended", async () => {
      gives(() => [...server.ends.keys()].map((id) => ({ id, status: "processing" })));
      await allFinal(20);
      should(server.asked.length / 20).be.belowOrEqual(14);
    });
  });

  it("comes back to a list that was useless, and leaves it alone for longer when it still is", async () => {
    const settings = { apiUrl: server.url, apiKey: "key", timeout: 30, retries: 0, product: "Test/1", transport };
    const list = new PendingList(new GladiaClient(settings), 300);
    const { signal } = new AbortController();
    const read = () => list.read(new Set(["job"]), signal);
    server.ends.set("job", Date.now() + 60_000);
    server.listed = () => [{ id: "old", status: "done" }];
    should(await read()).equal(undefined);
    should(list.isUseful).equal(false);
    await until(() => list.isUseful);
    should(await read()).equal(undefined);
    await sleep(400);
    should(list.isUseful).equal(false);
    await until(() => list.isUseful);
    server.listed = () => [server.job("job")];
    for (let n = 0; n < 2; n++) should(await read()).eql(new Map([["job", "processing"]]));
    should(list.isUseful).equal(true);
  });

  describe("from a server that is ill", () => {
    it("keeps the whole account quiet for as long as the server asks", async () => {
      let until429 = 0;
      const during: Asked[] = [];
      server.instead = (asked, response) => {
        const now = Date.now();
        if (until429 === 0 && server.asked.length > 5) {
          until429 = now + 2000;
          json(response, 429, {}, { "retry-after": "2" });
          return true;
        }
        // What was on its way already does not count.
        if (now > until429 - 1800 && now < until429) during.push(asked);
        return false;
      };
      watch(2, 5000, 0, { interval: 0.2 });
      watch(6, 5000);
      await allFinal(8);
      should(until429).be.above(0);
      should(during).be.empty();
    });

    it("goes on with the others when one request of many fails", async () => {
      const ids = watch(3, 2500, 0, { interval: 0.1 });
      server.instead = ({ id }, response) => {
        if (id === ids[0]) json(response, 503, {});
        return id === ids[0];
      };
      await until(() => final.size === 2, 10_000);
      for (const id of ids.slice(1)) should(server.count("get", id)).be.aboveOrEqual(8);
    });

    it("asks less and less while nothing but failures come, and finds all afterwards", async () => {
      let isIll = false;
      server.instead = (_, response) => {
        if (isIll) response.destroy();
        return isIll;
      };
      watch(100, 3000, 10);
      await until(() => server.count("list") >= 1);
      isIll = true;
      server.asked.length = 0;
      await sleep(6000);
      should(server.asked.length).be.within(3, 40);
      should(failed.size).equal(0);
      isIll = false;
      await allFinal(100);
      should(server.burst()).be.belowOrEqual(50);
    });
  });

  it("leaves no timer and no request behind when it closes", async () => {
    server.instead = ({ route }) => route === "list"; // never answered
    watch(5, 60_000);
    await until(() => server.count("list") === 1);
    poller.close();
    poller.watch("late", { createdHere: false });
    poller.recheck("late");
    await sleep(100);
    const timers = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const asked = server.asked.length;
    await sleep(1500);
    should(server.asked.length).equal(asked);
    should(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length).be.belowOrEqual(timers);
    should(final.size + failed.size).equal(0);
  });
});
