import { request as ask, createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import should from "should";
import gladiaSidebar from "../../nodes/gladia-sidebar";
import type { JobRecord } from "../../src/jobs/history";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow, until } from "../support/flow";
import helper from "../support/helper";

interface Line {
  state?: string;
  id?: string;
  text?: string;
  job?: { request_params: { language_config?: { languages?: string[] }; callback?: boolean } };
  error?: { code: string; message: string };
}

/** The admin API of the Node-RED under test, on a socket of its own. */
const admin = createServer((...request) =>
  (helper as unknown as { _httpAdmin: RequestListener })._httpAdmin(...request),
);

/** A clip that is sent to be tried. The lines come as they are answered. */
function send(about: unknown, audio: Buffer) {
  const lines: Line[] = [];
  const request = ask(`http://127.0.0.1:${(admin.address() as AddressInfo).port}/gladia-transcribe/try`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
  });
  const ended = new Promise<Line | undefined>((resolve) => {
    request.on("error", () => resolve(undefined));
    request.on("response", (response) => {
      let text = "";
      response.on("data", (data) => {
        text += data;
        for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
          lines.push(JSON.parse(text.slice(0, end)));
          text = text.slice(end + 1);
        }
      });
      response.on("close", () => resolve(lines.at(-1)));
    });
  });
  request.end(Buffer.concat([Buffer.from(`${JSON.stringify(about)}\n`), audio]));
  return { lines, ended, leave: () => request.destroy() };
}

describe("Try it, in Node-RED", () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine();
    await new Promise<void>((resolve) => admin.listen(0, "127.0.0.1", resolve));
  });
  after(async () => {
    admin.closeAllConnections();
    await new Promise((resolve) => admin.close(resolve));
    await engine.close();
  });
  beforeEach(() => {
    engine.control.reset();
    engine.control.settings.languages = "any";
  });
  afterEach(() => Flow.stop());

  const begin = (account: object = {}) =>
    Flow.start([{ type: "gladia-transcribe" }], { apiUrl: engine.url, apiKey: "key", ...account }, {}, [gladiaSidebar]);
  const saved = ({ account: id }: Flow) => ({ id, apiUrl: engine.url, apiKey: "__PWRD__" });
  const listed = async ({ account }: Flow) =>
    (await helper.request().get(`/gladia-sidebar/accounts/${account}/jobs`)).body as {
      jobs: JobRecord[];
      used: number;
    };
  const seen = async (flow: Flow, holds: (job: JobRecord | undefined) => boolean) => {
    for (let n = 0; n < 500; n++) {
      const [job] = (await listed(flow)).jobs;
      if (holds(job)) return job;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error("the list never showed it");
  };

  it("transcribes with options that are not deployed, and shows in the list by its file's name", async () => {
    const flow = await begin({ callbackUrl: "http://127.0.0.1:9" });
    engine.control.script({ text: "Only a try." });
    const options = { language_config: { languages: ["fr"] } };
    const trial = send({ node: "x", account: saved(flow), options, filename: "Über uns.wav" }, wav(1, 6));
    const last = await trial.ended;
    should(trial.lines.map(({ state }) => state).filter(Boolean)).containDeepOrdered(["uploading", "queued"]);
    should(last?.text).equal("Only a try.");
    should(last?.job?.request_params.language_config?.languages).eql(["fr"]);
    should(last?.job?.request_params.callback).not.equal(true); // flows are not told of it
    should(JSON.stringify(trial.lines)).not.containEql('"key"');
    const { jobs, used } = await listed(flow);
    should(jobs).have.length(1);
    should(jobs[0]).match({ state: "done", text: "Only a try.", filename: "Über uns.wav", node: "x", held: false });
    should(used).be.above(0);
  });

  it("says what is wrong before anything is sent", async () => {
    const flow = await begin();
    const wrong = { diarization: "perhaps" };
    const cases: [object, Buffer, string][] = [
      [{ account: saved(flow), options: wrong }, wav(), "GLADIA_OPTIONS"],
      [{ account: saved(flow) }, Buffer.from("Dear reader, I am no sound."), "GLADIA_AUDIO"],
      [{ account: { ...saved(flow), apiKey: "" } }, wav(), "GLADIA_CONFIG"],
      [{ account: saved(flow) }, Buffer.alloc(26_500_000), "GLADIA_AUDIO"],
    ];
    for (const [about, audio, code] of cases) {
      should((await send(about, audio).ended)?.error?.code).equal(code);
    }
    should(engine.control.requests).be.empty();
  });

  it("asks to deploy an account that is not deployed, or not as it stands in the editor", async () => {
    const flow = await begin();
    const cases: [object, RegExp][] = [
      [{ id: "new", apiUrl: engine.url, apiKey: "key" }, /This account is not deployed yet\. Deploy first/],
      [{ ...saved(flow), apiKey: "another" }, /"apiKey" \(apiKey\).* is different\. Deploy first/],
      [{ ...saved(flow), apiUrl: "http://127.0.0.1:9" }, /"apiUrl" \(apiUrl\).* is different\. Deploy first/],
    ];
    for (const [account, message] of cases) {
      const error = (await send({ account }, wav()).ended)?.error;
      should(error?.code).equal("GLADIA_CONFIG");
      should(error?.message).match(message);
    }
    should(engine.control.requests).be.empty();
  });

  it("stops at the budget", async () => {
    const flow = await begin({ budget: 0 });
    should((await send({ account: saved(flow) }, wav()).ended)?.error?.code).equal("GLADIA_BUDGET");
    should(engine.control.requests).be.empty();
  });

  it("waits for a slot of the account like any other job", async () => {
    const flow = await begin({ concurrency: 1 });
    engine.control.script({ match: { filename: "first.wav" }, processing: 60_000 });
    flow.receive({ payload: wav(1, 20), filename: "first.wav" });
    await until(() => engine.control.jobs.length === 1);
    const trial = send({ account: saved(flow), filename: "second.wav" }, wav(1, 21));
    await until(() => trial.lines.some(({ state }) => state === "waiting"));
    should(engine.control.jobs).have.length(1);
    should(engine.control.requests.filter(({ url }) => url === "/v2/upload")).have.length(1);
    flow.receive({ control: "cancel-all" });
    should(engine.control.jobs).have.length(1); // it goes on at Gladia, and its slot with it
    trial.leave();
    await seen(flow, (job) => job === undefined || job.filename === "first.wav");
  });

  it("ends when it takes longer than the account waits, for a slot as well", async () => {
    const flow = await begin({ concurrency: 1, deadline: "0.5" });
    engine.control.script({ match: { filename: "first.wav" }, processing: 1500 });
    // The first one's job begins late, so that its slot is not free before the second one's time is over.
    engine.control.fault({ route: "upload", kind: "slow-body", delay: 25 });
    const first = send({ account: saved(flow), filename: "first.wav" }, wav(1, 27));
    await seen(flow, (job) => job?.state === "uploading");
    const second = send({ account: saved(flow), filename: "second.wav" }, wav(1, 28));
    should((await first.ended)?.error?.code).equal("GLADIA_TIMEOUT");
    should((await second.ended)?.error?.code).equal("GLADIA_TIMEOUT");
    should(engine.control.jobs).have.length(1);
    await seen(flow, (job) => job?.state === "error");
  });

  it("is cancelled from the list", async () => {
    const flow = await begin();
    engine.control.script({ processing: 60_000 });
    const trial = send({ account: saved(flow) }, wav(1, 22));
    const job = await seen(flow, (first) => first?.id !== undefined);
    const path = `/gladia-sidebar/accounts/${flow.account}/jobs/${job?.key}/cancel`;
    should((await helper.request().post(path)).body).eql({ cancelled: true });
    should((await trial.ended)?.error?.code).equal("GLADIA_CANCELLED");
    should((await listed(flow)).jobs[0]?.state).equal("cancelled");
  });

  it("counts a job whose browser has gone, to its end", async () => {
    const flow = await begin({ concurrency: 1 });
    engine.control.script({ match: { filename: "left.wav" }, processing: 1500, text: "Nobody listens." });
    const trial = send({ account: saved(flow), filename: "left.wav" }, wav(1, 23));
    await seen(flow, (first) => first?.id !== undefined);
    trial.leave();
    await seen(flow, (first) => first?.state === "cancelled");
    const other = send({ account: saved(flow), filename: "next.wav" }, wav(1, 24));
    await until(() => other.lines.some(({ state }) => state === "waiting")); // the slot is still taken
    await other.ended;
    const { jobs, used } = await listed(flow);
    should(jobs.find(({ filename }) => filename === "left.wav")).match({ state: "done", text: "Nobody listens." });
    should(used).be.approximately(2, 0.5);
  });

  it("finds the job of a create that was broken off, and counts it", async () => {
    const flow = await begin({ concurrency: 1 });
    engine.control.script({ processing: 200 });
    engine.control.fault({ route: "create", kind: "hang-after", times: 1 });
    const trial = send({ account: saved(flow), filename: "broken off.wav" }, wav(1, 25));
    await until(() => engine.control.jobs.length === 1);
    trial.leave();
    for (let n = 0; (await listed(flow)).used === 0; n++) {
      if (n > 900) throw new Error("the job was never counted");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    should(engine.control.jobs).have.length(1);
  });

  it("ends with its account", async () => {
    const flow = await begin();
    engine.control.script({ processing: 60_000 });
    const trial = send({ account: saved(flow) }, wav(1, 26));
    await seen(flow, (first) => first?.id !== undefined);
    await helper.clearFlows();
    const error = (await trial.ended)?.error;
    should(error?.code).equal("GLADIA_CANCELLED");
    should(error?.message).match(/deployed again or removed/);
  });
});
