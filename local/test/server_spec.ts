import "should";
import { call, closeAll, start } from "./support/engine";

describe("the engine as a server", () => {
  afterEach(closeAll);

  it("answers 401 without a key and with a wrong one, in the API's shape", async () => {
    const engine = await start();
    const none = await call(engine, "GET", "/v2/pre-recorded?limit=1", undefined, { "x-gladia-key": "" });
    none.status.should.equal(401);
    none.body.should.containEql({
      path: "/v2/pre-recorded",
      statusCode: 401,
      message: "no gladia key provided",
    });
    none.body.request_id.should.match(/^G-[0-9a-f]{8}$/);
    none.headers.get("x-aipi-call-id")?.should.equal(none.body.request_id);
    new Date(none.body.timestamp).toISOString().should.equal(none.body.timestamp);
    none.body.should.not.have.property("validation_errors");
    const wrong = await call(engine, "GET", "/v2/pre-recorded", undefined, { "x-gladia-key": "other" });
    wrong.status.should.equal(401);
    wrong.body.message.should.equal("gladia user not found");
  });

  it("takes the header in any case, and any key when told so", async () => {
    const engine = await start({ key: "any" });
    const headers = { "x-gladia-key": "", "X-Gladia-Key": "whatever" };
    const { status } = await call(engine, "GET", "/v2/pre-recorded", undefined, headers);
    status.should.equal(200);
  });

  it("refuses names that only point at this machine when any key opens", async () => {
    const { request } = await import("node:http");
    const engine = await start({ key: "any" });
    const status = await new Promise((resolve, reject) => {
      const headers = { host: "rebound.example.org", "x-gladia-key": "x" };
      request(`${engine.url}/v2/pre-recorded`, { headers, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
    (status as number).should.equal(403);
  });

  it("answers 404 to unknown addresses and methods, also without a key", async () => {
    const engine = await start();
    const unknown = await call(engine, "GET", "/v2/nothing?x=1", undefined, { "x-gladia-key": "" });
    unknown.status.should.equal(404);
    unknown.body.message.should.equal("Cannot GET /v2/nothing");
    const method = await call(engine, "PATCH", "/v2/pre-recorded", {});
    method.status.should.equal(404);
    method.body.message.should.equal("Cannot PATCH /v2/pre-recorded");
    (await call(engine, "GET", "/__control")).status.should.equal(404);
  });

  it("takes one slash at the end and tells its health without a key", async () => {
    const engine = await start();
    (await call(engine, "GET", "/v2/pre-recorded/")).status.should.equal(200);
    const health = await call(engine, "GET", "/health", undefined, { "x-gladia-key": "" });
    health.body.should.eql({ health: "OK" });
  });

  it("says what is wrong with JSON that is none, and takes an empty one with a DELETE", async () => {
    const engine = await start();
    const broken = await call(engine, "POST", "/v2/pre-recorded", '{"audio_url":');
    broken.status.should.equal(400);
    broken.body.message.should.match(/JSON/);
    const headers = { "content-type": "application/json" };
    const unknown = await call(engine, "DELETE", "/v2/pre-recorded/nothing", undefined, headers);
    unknown.status.should.equal(404);
  });
});
