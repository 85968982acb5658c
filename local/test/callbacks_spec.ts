import should from "should";
import { Webhook } from "standardwebhooks";
import { call, closeAll, final, folder, gate, start, transcribe, until, upload } from "./support/engine";
import { nowhere, receiver } from "./support/receiver";

const SECRET = `whsec_${Buffer.from("a key of thirty-two bytes for us").toString("base64")}`;

describe("callbacks", () => {
  afterEach(closeAll);

  it("bring the whole result, by POST or PUT", async () => {
    const { url, received } = await receiver();
    const engine = await start();
    const custom_metadata = { ticket: 1 };
    const job = await transcribe(engine, { callback: true, callback_config: { url: `${url}/a?s=1` }, custom_metadata });
    await until(
      () => received.length,
      (count) => count >= 1,
    );
    const [first] = received;
    should(first).containEql({ method: "POST", url: "/a?s=1" });
    should(first?.headers["content-type"]).equal("application/json");
    JSON.parse(first?.body ?? "").should.eql({
      id: job.id,
      event: "transcription.success",
      payload: job.result,
      custom_metadata,
    });
    await transcribe(engine, { callback: true, callback_config: { url, method: "PUT" } });
    await until(
      () => received.length,
      (count) => count >= 2,
    );
    should(received[1]).containEql({ method: "PUT" });
    JSON.parse(received[1]?.body ?? "").should.containEql({ custom_metadata: null });
    await transcribe(engine, { callback_url: url });
    await until(
      () => received.length,
      (count) => count >= 3,
    );
    should(received[2]).containEql({ method: "POST" });
  });

  it("tell of a failed job with its text", async () => {
    const { url, received } = await receiver();
    const engine = await start();
    engine.control.script({ error: { code: 422, message: "The audio is too short" } });
    const { id } = await transcribe(engine, { callback: true, callback_config: { url } });
    await until(
      () => received.length,
      (count) => count >= 1,
    );
    JSON.parse(received[0]?.body ?? "").should.eql({
      id,
      event: "transcription.error",
      error: { code: 422, message: "The audio is too short" },
      custom_metadata: null,
    });
  });

  it("are not sent without the flag", async () => {
    const { url, received } = await receiver();
    const engine = await start();
    await transcribe(engine, { callback_config: { url } });
    await transcribe(engine, { callback: false, callback_config: { url } });
    received.should.eql([]);
    engine.control.deliveries.should.eql([]);
  });

  it("are tried again until they are taken, or the tries are used up", async () => {
    const { url, received } = await receiver([{ status: 500 }, { status: 302, headers: { location: "/else" } }]);
    const engine = await start();
    await transcribe(engine, { callback_url: url });
    await until(
      () => received.length,
      (count) => count >= 3,
    );
    new Set(received.map(({ body }) => body)).size.should.equal(1);
    await until(
      () => engine.control.deliveries.length,
      (count) => count >= 3,
    );
    engine.control.deliveries
      .map(({ attempt, status }) => [attempt, status])
      .should.eql([
        [1, 500],
        [2, 302],
        [3, 200],
      ]);
    const lines: string[] = [];
    const deaf = await start({ log: (line) => lines.push(line) });
    await transcribe(deaf, { callback_url: `${await nowhere()}/secret` });
    await until(
      () => lines,
      ({ length }) => length === 1,
    );
    lines[0]?.should.match(/given up after 3 tries: .*ECONNREFUSED/);
    lines[0]?.should.not.match(/secret/);
  });

  it("that had not arrived are sent after a restart", async () => {
    const data = await folder();
    const { url, received } = await receiver([{ status: 503 }]);
    const first = await start({ data, deliveryDelays: [3_600_000] });
    const { id } = await transcribe(first, { callback_url: url });
    await until(
      () => received.length,
      (count) => count >= 1,
    );
    await first.close();
    const second = await start({ data });
    await until(
      () => received.length,
      (count) => count >= 2,
    );
    JSON.parse(received[1]?.body ?? "").should.containEql({ id, event: "transcription.success" });
    await until(
      () => second.control.deliveries.length,
      (count) => count >= 1,
    );
  });
});

describe("webhooks", () => {
  afterEach(closeAll);

  it("carry the event and the id, signed so that Standard Webhooks can check it", async () => {
    const { url, received } = await receiver();
    const engine = await start({ webhook: { url: `${url}/hook`, secret: SECRET } });
    const good = await transcribe(engine);
    await until(
      () => received.length,
      (count) => count >= 2,
    );
    engine.control.script({ error: { code: 500 } });
    const bad = await transcribe(engine);
    await until(
      () => received.length,
      (count) => count >= 4,
    );
    const bodies = received.map(({ body, headers }) => {
      const unbranded = Object.entries(headers).map(([name, value]) => [name.replace("svix-", "webhook-"), value]);
      const signature = Object.fromEntries(unbranded);
      should(new Webhook(SECRET).verify(body, signature)).eql(JSON.parse(body));
      should.throws(() => new Webhook(SECRET).verify(`${body} `, signature));
      return JSON.parse(body);
    });
    bodies.should.containDeep([
      { event: "transcription.created", payload: { id: good.id } },
      { event: "transcription.success", payload: { id: good.id } },
      { event: "transcription.created", payload: { id: bad.id } },
      { event: "transcription.error", payload: { id: bad.id } },
    ]);
    for (const body of bodies) Object.keys(body).should.eql(["event", "payload"]);
    new Set(received.map(({ headers }) => headers["svix-id"])).size.should.equal(4);
  });

  it("keep their id over all tries", async () => {
    const { url, received } = await receiver([{ status: 500 }]);
    const engine = await start({ webhook: { url, secret: SECRET } });
    const { script } = gate();
    engine.control.script(script);
    const { audio_url } = await upload(engine, "x", "a.mp3");
    await call(engine, "POST", "/v2/pre-recorded", { audio_url });
    await until(
      () => received.length,
      (count) => count >= 2,
    );
    const [first, second] = received.map(({ headers }) => headers["svix-id"]);
    should(first).match(/^msg_/);
    should(second).equal(first);
  });

  it("and callbacks reach their receivers side by side", async () => {
    const hook = await receiver();
    const callback = await receiver();
    const engine = await start({ webhook: { url: hook.url, secret: SECRET } });
    const { id } = await transcribe(engine, { callback_url: callback.url });
    await final(engine, id);
    await until(
      () => hook.received.length + callback.received.length,
      (count) => count >= 3,
    );
    callback.received.should.have.length(1);
  });
});
