import "should";
import { call, closeAll, start } from "../support/engine";
import { connect, TWO } from "../support/live";

describe("a live session", () => {
  afterEach(closeAll);

  it("acknowledges audio, tells what is said and ends when it is asked to", async () => {
    const engine = await start();
    engine.control.script({ text: ["Hello there.", "Good bye."] });
    const client = await connect(engine, {
      messages_config: { receive_partial_transcripts: true, receive_lifecycle_events: true },
    });
    client.audio(TWO);
    client.stop();
    (await client.closed()).should.equal(1000);
    client.finals.should.eql([" Hello there.", " Good bye."]);
    const acks = client.of("audio_chunk");
    acks[0].data.should.eql({ byte_range: [0, 3200], time_range: [0, 0.1] });
    acks.at(-1).data.byte_range[1].should.equal(TWO.length);
    const order = client.messages
      .map(({ type, data }) => (type === "transcript" ? (data.is_final ? "final" : "partial") : type))
      .filter((type) => type !== "audio_chunk" && type !== "stop_recording");
    const spoken = ["speech_start", "partial", "partial", "speech_end", "final"];
    const after = ["end_recording", "post_transcript", "post_final_transcript", "end_session"];
    order.should.eql(["start_recording", ...spoken, ...spoken, ...after]);
    const file = await call(engine, "GET", `/v2/live/${client.id}/file`);
    file.body.length.should.equal(44 + TWO.length);
    file.body.subarray(44).equals(TWO).should.be.true();
  });
});
