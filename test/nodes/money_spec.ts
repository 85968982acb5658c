import should from "should";
import gladiaSidebar from "../../nodes/gladia-sidebar";
import { type Engine, startEngine, wav } from "../support/engine";
import { Flow } from "../support/flow";
import helper from "../support/helper";

describe("what transcription costs", function () {
  this.timeout(30_000);
  let engine: Engine & { folder: string };

  before(async () => {
    engine = await startEngine();
    await helper.startServer();
  });
  after(async () => {
    await helper.stopServer();
    await engine.close();
  });
  beforeEach(() => {
    engine.control.reset();
    engine.control.settings.languages = "any";
  });
  afterEach(() => Flow.stop());

  const start = (chain: Record<string, unknown>[], more: object = {}) =>
    Flow.start(chain, { apiUrl: engine.url, ...more }, {}, [gladiaSidebar]);
  const account = async (flow: Flow) =>
    (await helper.request().get(`/gladia-sidebar/accounts/${flow.account}/jobs`)).body;

  it("stands on each message and in the sidebar: of its job, and of the day", async () => {
    const flow = await start([{ type: "gladia-transcribe" }], { cache: true });
    const { out } = await flow.run({ payload: wav(2, 31) });
    const billed = out[0]?.gladia?.job?.result?.metadata.billing_time ?? 0;
    should(billed).be.above(0);
    should(out[0]?.gladia).match({ billing_time: billed, billed_today: billed });
    await flow.run({ payload: wav(3, 32) });
    const second = out[1]?.gladia?.billing_time ?? 0;
    should(second).be.above(billed);
    should(out[1]?.gladia?.billed_today).equal(billed + second);
    await flow.run({ ...out[1], payload: wav(2, 31) });
    should(out[2]?.gladia).match({ cached: true, billing_time: 0, billed_today: billed + second });
    const { jobs, used, month, per } = await account(flow);
    should({ used, month, per }).eql({ used: billed + second, month: billed + second, per: "day" });
    should(jobs.map(({ billed: cost }: { billed: number }) => cost)).eql([billed, second]);
  });

  it("stands on what get-result and a job that is not waited for give", async () => {
    const flow = await start([{ type: "gladia-transcribe", wait: "no" }, { type: "gladia-get-result" }]);
    const { out } = await flow.run({ payload: wav(2, 33) });
    const { job, billing_time, billed_today } = out[0]?.gladia ?? {};
    should({ billing_time, billed_today }).eql({
      billing_time: job?.result?.metadata.billing_time,
      billed_today: job?.result?.metadata.billing_time,
    });
  });

  it("is limited by the month where the account says so", async () => {
    const flow = await start([{ type: "gladia-transcribe" }], { budget: 0.03, budgetPer: "month" });
    const { out, caught } = await flow.run({ payload: wav(2, 34) });
    should(out).have.length(1);
    await flow.run({ payload: wav(2, 35) });
    should(caught[0]?.gladia?.error).match({ code: "GLADIA_BUDGET", message: /^This month's 0.03 minutes/ });
    should(engine.control.counts.create).equal(1);
    should(await account(flow)).match({ minutes: 0.03, per: "month" });
  });

  it("is not paid for a clip that is longer than the account allows", async () => {
    const flow = await start([{ type: "gladia-transcribe" }], { longest: "0.05" });
    const { out, caught } = await flow.run({ payload: wav(6, 36) });
    should(caught[0]?.gladia?.error).match({ code: "GLADIA_BUDGET", message: /0\.1 minutes.*0\.05/ });
    should(engine.control.counts.create).equal(0);
    await flow.run({ payload: wav(2, 37) });
    should(out).have.length(1);
  });

  it("names a setting that is wrong", async () => {
    const flow = await start([{ type: "gladia-transcribe" }], { budgetPer: "week" });
    const { caught } = await flow.run({ payload: wav(2, 38) });
    should(caught[0]?.gladia?.error).match({ code: "GLADIA_CONFIG", message: /budgetPer.*week.*day, month/ });
  });
});
