import "should";
import { closeAll, start, until } from "../support/engine";
import { connect, session, TWO } from "../support/live";
import { nowhere, receiver } from "../support/receiver";

describe("what a live session sends to others", () => {
  afterEach(closeAll);

  it("goes to the callback: message by message, in order, as on the socket", async () => {
    const engine = await start();
    engine.control.script({ text: ["Hello there.", "Good bye."] });
    const { url, received } = await receiver([{ status: 500 }]);
    const live = await connect(engine, {
      messages_config: { receive_lifecycle_events: true },
      callback: true,
      callback_config: { url: `${url}/live` },
    });
    live.audio(TWO);
    live.stop();
    await live.closed();
    await until(
      () => received.length,
      (count) => count === 9,
    );
    const bodies = received.map(({ body }) => JSON.parse(body));
    // The first one was refused, and sent again before the next.
    bodies[1].should.eql(bodies[0]);
    bodies
      .slice(1)
      .map(({ event }) => event)
      .should.eql([
        "live.start_session",
        "live.start_recording",
        "live.transcript",
        "live.transcript",
        "live.end_recording",
        "live.post_transcript",
        "live.post_final_transcript",
        "live.end_session",
      ]);
    bodies.every(({ id }) => id === live.id).should.be.true();
    received.every(({ method, url: path }) => method === "POST" && path === "/live").should.be.true();
    bodies[0].payload.should.containEql({ type: "start_session", session_id: live.id });
    const onSocket = live.messages.filter(({ type }) => !/^(speech_|audio_chunk|stop_recording)/.test(type));
    bodies
      .slice(2)
      .map(({ payload }) => payload)
      .should.eql(onSocket);
  });

  it("goes to the callback by the callback's own switches", async () => {
    const engine = await start();
    const { url, received } = await receiver();
    const off = Object.fromEntries(
      ["final_transcripts", "post_processing_events", "lifecycle_events"].map((name) => [`receive_${name}`, false]),
    );
    const live = await connect(engine, {
      messages_config: { receive_acknowledgments: false },
      callback: true,
      callback_config: {
        url,
        ...off,
        receive_acknowledgments: true,
        receive_partial_transcripts: true,
        receive_speech_events: true,
      },
    });
    live.audio(TWO);
    live.stop();
    await live.closed();
    const events = () => [...new Set(received.map(({ body }) => JSON.parse(body).event))].sort();
    const wanted = [
      "live.audio_chunk",
      "live.speech_end",
      "live.speech_start",
      "live.stop_recording",
      "live.transcript",
    ];
    await until(
      () => received.filter(({ body }) => JSON.parse(body).event === "live.speech_end").length,
      (count) => count === 2,
    );
    events().should.eql(wanted);
    const finals = received.filter(({ body }) => JSON.parse(body).payload.data?.is_final === true);
    finals.should.be.empty();
    live.of("audio_chunk").should.be.empty();
  });

  it("goes nowhere without the flag, and does not hold the engine up where nobody is", async () => {
    const engine = await start({ deliveryDelays: [600_000] });
    const { url, received } = await receiver();
    const off = await connect(engine, { callback: false, callback_config: { url } });
    off.audio(TWO);
    off.stop();
    await off.closed();
    received.should.be.empty();
    const gone = await connect(engine, { callback: true, callback_config: { url: await nowhere() } });
    gone.audio(TWO);
    gone.stop();
    (await gone.closed()).should.equal(1000);
    await engine.close();
  });

  it("goes to the account's webhook, signed, by the session's id", async () => {
    const { url, received } = await receiver();
    const secret = `whsec_${Buffer.from("a secret of some length").toString("base64")}`;
    const engine = await start({ webhook: { url, secret } });
    const live = await connect(engine);
    live.audio(TWO);
    live.stop();
    await live.closed();
    await until(
      () => received.length,
      (count) => count === 4,
    );
    received
      .map(({ body }) => JSON.parse(body))
      .sort((a, b) => a.event.localeCompare(b.event))
      .should.eql(
        ["end_recording", "end_session", "start_recording", "start_session"].map((event) => ({
          event: `live.${event}`,
          payload: { id: live.id },
        })),
      );
    received.every(({ headers }) => /^v1,/.test(String(headers["svix-signature"]))).should.be.true();
    await session(engine);
    await until(
      () => received.length,
      (count) => count === 5,
    );
    JSON.parse(received.at(-1)?.body ?? "").event.should.equal("live.start_session");
  });
});
