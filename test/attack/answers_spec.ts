import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { readAudio } from "../../src/audio";
import { bufferAudio } from "../../src/audio/buffer";
import { GladiaClient } from "../../src/client";
import { GladiaError } from "../../src/errors";
import { Api } from "../../src/http/api";
import { JsonParser } from "../../src/http/json-parser";
import { Transport } from "../../src/http/transport";
import { findEarlier } from "../../src/jobs/create";
import { downloadBytes, downloadFile } from "../../src/jobs/download";
import { History } from "../../src/jobs/history";
import { allJobs } from "../../src/jobs/job-list";
import { PendingList } from "../../src/jobs/polling/pending-list";
import type { WorkItem } from "../../src/jobs/work-item";
import { wav } from "../support/engine";
import { Flow } from "../support/flow";
import { HostileServer } from "../support/hostile-server";

const MB = 1024 * 1024;
/** What the network's buffers hold of what nobody reads, on both sides. */
const BUFFERED = 16 * MB;
const ID = "3fb0a7f6-4b5e-4d21-9a77-0b6d2f3a1c55";

const FOREVER: [string, string, string][] = [
  ["a page of jobs", '{"items":[{"id":"a","status":"queued"}', ',{"id":"b","status":"queued"}'],
  ["a text", '{"id":"a","status":"', "still talking "],
  ["a web page", "<html><body>", "<p>Log in to the network of this hotel</p>"],
  ["noise", "\xff\xf3", "\xff\xfb\x90\x64\x00"],
  ["blanks", "", " \n"],
  ["brackets", "", "["],
  ["a number", '{"id":', "1"],
];

describe("answers as an attack", () => {
  let server: HostileServer;
  let transport: Transport;
  let client: GladiaClient;
  const options = () => ({ apiUrl: server.url, apiKey: "key", timeout: 10, retries: 2, product: "Test/1", transport });

  beforeEach(async () => {
    server = await new HostileServer().start();
    transport = new Transport();
    client = new GladiaClient(options());
  });
  afterEach(async () => {
    await Flow.stop();
    await transport.close();
    await server.close();
  });

  const failure = async (work: Promise<unknown>): Promise<GladiaError> => {
    const error = await work.then(
      () => new Error("It was taken"),
      (reason: unknown) => reason,
    );
    should(error).be.instanceOf(GladiaError);
    return error as GladiaError;
  };

  const calls: [string, () => Promise<unknown>, number][] = [
    ["check", () => client.ping(), 1],
    ["pending jobs", () => new PendingList(client).read(new Set([ID]), new AbortController().signal), 2],
    ["create", () => client.create({ audio_url: "https://example.com/a.wav" }), 1],
    ["upload", () => client.upload(bufferAudio(wav(), "a.wav")), 2],
    ["uploadLink", () => client.uploadLink("https://example.com/a.wav"), 2],
  ];
  for (const [name, call, tries] of calls) {
    for (const [what, begin, more] of FOREVER) {
      it(`have an end: ${name}, ${what} without one`, async () => {
        server.answer = server.endless(begin, more);
        if (name === "check" && what === "a page of jobs")
          await call(); // it has seen enough
        else should((await failure(call())).code).equal("GLADIA_RESPONSE");
        should(server.sent).be.below(tries * (4 * MB + BUFFERED));
      });
    }
  }

  it("have an end: a list, by the number of its jobs", async () => {
    server.answer = server.endless('{"items":[{"x":"', "abc ");
    const error = await failure(client.list({ limit: 5 }));
    should(error.code).equal("GLADIA_RESPONSE");
    should(error.message).match(/larger than 20 MB.*Check the account's API address/);
    should(server.sent).be.below(20 * MB + BUFFERED);
    should(server.asked).have.length(1);
  });

  it("give the jobs of a list, whatever else is in it", async () => {
    const items = [null, 7, "x", [], { id: null }, { id: ID, status: "done", custom_metadata: null, created_at: null }];
    const body = JSON.stringify({ items, next: null });
    server.answer = (_, response) => response.writeHead(200, { "content-type": "application/json" }).end(body);
    const jobs: object[] = [];
    for await (const page of allJobs(client, {}, { kind: "pre-recorded", signal: AbortSignal.timeout(9000) }))
      jobs.push(...page);
    should(jobs).eql(items.slice(4));
    const history = new History(() => {});
    should(await history.lookBack(client)).equal(false);
    should(history.list().map(({ id }) => id)).eql([ID]);
    const item: WorkItem = { key: "k", node: "n", began: Date.now(), state: "accepted" };
    should(await findEarlier(client, item, AbortSignal.timeout(9000))).be.undefined();
  });

  it("have an end: a result, at 256 MB", async () => {
    server.answer = server.endless('{"id":"a","status":"done","result":{"x":["', `w ${"x".repeat(60)}","`);
    const error = await failure(client.get(ID));
    should(error.message).match(/larger than 256 MB/);
    should(server.sent).be.below(256 * MB + BUFFERED);
    should(server.asked).have.length(1);
  });

  it("have an end: deleting needs no body at all", async () => {
    server.answer = server.endless("{", " ");
    await client.delete(ID);
    should(server.sent).be.below(BUFFERED);
  });

  it("have an end: an error's body", async () => {
    for (const status of [302, 400, 401, 404, 429, 500]) {
      server.answer = server.endless('{"message":"', "no ", status);
      should((await failure(client.get(ID, { repeatable: false }))).code).match(/^GLADIA_/);
      should((await failure(client.downloadAudio(ID, AbortSignal.timeout(5000)))).code).match(/^GLADIA_/);
    }
    should(server.sent).be.below(6 * 5 * BUFFERED);
  });

  it("have an end: one that drips", async () => {
    server.answer = (_, response) => {
      response.write('{"items"');
      const drip = setInterval(() => response.write(" "), 20);
      response.once("close", () => clearInterval(drip));
    };
    const call = { method: "GET", path: "/x", repeatable: false, seconds: 0.3 } as const;
    const error = await failure(new Api(options()).json(call));
    should(error.code).equal("GLADIA_RESPONSE");
    should(error.message).match(/does not end: after 0.3 s it was still coming/);
  });

  const signal = new AbortController().signal;
  const download = { kind: "pre-recorded", signal } as const;
  const drip = (begin: Buffer | string): typeof server.answer => {
    return (_, response) => {
      response.write(begin);
      const more = setInterval(() => response.write(" "), 20);
      response.once("close", () => clearInterval(more));
    };
  };
  /** Hours pass within moments; all else takes its time. */
  const inHours = async (work: () => Promise<void>) => {
    const { setTimeout: set } = globalThis;
    const quick = (run: () => void, ms = 0, ...rest: unknown[]) => set(run, ms > 1_000_000 ? ms / 10_000 : ms, ...rest);
    globalThis.setTimeout = Object.assign(quick, set) as typeof set;
    try {
      await work();
    } finally {
      globalThis.setTimeout = set;
    }
  };
  const fetched = async () => {
    const where = { fetch: true, folder: "/", isOwn: () => false, timeout: 10, retries: 0, transport, signal };
    const audio = await readAudio(`${server.url}/radio.wav`, where);
    should(audio.kind).equal("stream");
    if (audio.kind !== "stream") return;
    const { chunks } = await audio.open(signal);
    for await (const _ of chunks);
  };
  const slow: [string, () => Promise<unknown>, Buffer | string][] = [
    ["a result", () => client.get(ID, { repeatable: false }), "{"],
    ["a list", () => client.list({ limit: 5 }, { repeatable: false }), "{"],
    ["audio in memory", () => downloadBytes(client, ID, download), wav()],
    ["audio in a file", () => downloadFile(client, ID, join(tmpdir(), "gladia-drip"), download), wav()],
    ["a link that is fetched", fetched, wav()],
  ];
  for (const [what, call, begin] of slow) {
    it(`have an end: ${what} that drips for hours`, () =>
      inHours(async () => {
        server.answer = drip(begin);
        const error = await failure(call());
        should(error.code).equal("GLADIA_RESPONSE");
        should(error.message).match(/does not end: after \d+ s it was still coming/);
      }));
  }

  it("have an end: audio, by its bytes and by what it says of them", async () => {
    server.answer = server.endless("RIFF", "wave");
    const most = 2 * MB;
    const { body } = await new Api(options()).stream({ method: "GET", path: "/x", repeatable: false, most });
    let size = 0;
    const read = async () => {
      for await (const chunk of body) size += chunk.length;
    };
    should((await failure(read())).message).match(/larger than 2 MB/);
    should(size).be.belowOrEqual(most);
    server.answer = (_, response) => response.writeHead(200, { "content-length": 5e9 }).write("RIFF");
    for (const call of [
      () => downloadBytes(client, ID, download),
      () => downloadFile(client, ID, join(tmpdir(), "gladia-large"), download),
    ]) {
      should((await failure(call())).message).match(/larger than 4096 MB/);
    }
  });

  it("have an end: interim answers without one", async () => {
    server.answer = (_, response) => {
      const again = setInterval(() => response.writeProcessing(), 2);
      response.once("close", () => clearInterval(again));
    };
    const impatient = new GladiaClient({ ...options(), timeout: 0.2, retries: 0 });
    should((await failure(impatient.get(ID))).code).equal("GLADIA_TIMEOUT");
  });

  it("are told when their headers are too large", async () => {
    server.answer = (_, response) => response.writeHead(200, { "x-large": "x".repeat(100_000) }).end("{}");
    const error = await failure(client.get(ID));
    should(error.code).equal("GLADIA_RESPONSE");
    should(error.message).match(/headers of the answer are too large/);
    should(server.asked).have.length(1);
  });

  it("may redirect to http(s) alone, and are not asked again for it", async () => {
    for (const location of ["file:///etc/passwd", "data:,x", "http://[", "javascript:0"]) {
      server.asked.length = 0;
      server.answer = (_, response) => response.writeHead(302, { location }).end();
      const error = await failure(client.get(ID));
      should({ code: error.code, asked: server.asked.length }).eql({ code: "GLADIA_RESPONSE", asked: 1 });
    }
  });

  it("name faults in no more than some lines, whatever these are", async () => {
    const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
    const faults = Array.from({ length: 900 }, () => '"fault"').join();
    for (const validation_errors of [deep, `[${deep},null,{},"a"]`, `[${faults}]`, `["${"x".repeat(50_000)}"]`]) {
      server.answer = (_, response) =>
        response.writeHead(400).end(`{"validation_errors":${validation_errors},"request_id":"${"r".repeat(5000)}"}`);
      const error = await failure(client.get(ID));
      should(error.code).equal("GLADIA_REJECTED");
      should(JSON.stringify([error.message, error.cause]).length).be.below(2000);
    }
  });

  const deepJob = (depth: number) =>
    `{"id":"${ID}","status":"done","request_params":{"custom":${"[".repeat(depth)}${"]".repeat(depth)}},` +
    '"result":{"transcription":{"full_transcript":"hi","utterances":[]}}}';

  it("are taken 198 levels deep within a job, and a clone of the message goes on", async () => {
    server.answer = (_, response) => response.end(deepJob(198));
    const flow = await Flow.start([{ type: "gladia-get-result" }], { apiUrl: server.url });
    const { out } = await flow.run({ payload: ID });
    should(out[0]?.payload).equal("hi");
  });

  it("are refused deeper than that, in a message that ends at Catch", async () => {
    for (const depth of [199, 20_000]) {
      server.answer = (_, response) => response.end(deepJob(depth));
      const flow = await Flow.start([{ type: "gladia-get-result" }], { apiUrl: server.url, retries: 1 });
      const { caught } = await flow.run({ payload: ID });
      should(caught[0]?.error.code).equal("GLADIA_RESPONSE");
      should(caught[0]?.error.message).match(/more than 200 levels/);
      await Flow.stop();
    }
  });

  it("take time in proportion to their size, also as one string and in single bytes", () => {
    const reader = new JsonParser();
    reader.write(Buffer.from('{"items":[{"prompt":"'));
    for (let i = 0; i < 2_000_000; i++) reader.write(Buffer.from("x"));
    reader.write(Buffer.from('","id":"a","status":"queued"}],"next":null}'));
    should(reader.end().value).have.propertyByPath("items", "0", "id").eql("a");
  });
});
