import should from "should";
import { Transport } from "../../src/http/transport";
import { type Engine, startEngine } from "../support/engine";
import { until } from "../support/flow";
import { open, recordingOf, speech } from "../support/live";

const MINUTES = 40;
/** Bytes of a second. */
const RATE = 32_000;

describe("a long live session", function () {
  this.timeout(90_000);
  let engine: Engine & { folder: string };
  let transport: Transport;

  before(async () => {
    engine = await startEngine();
    engine.control.settings.languages = "any";
    transport = new Transport();
  });
  after(async () => {
    await transport.close();
    await engine.close();
  });

  it("hears a word now and then in 40 minutes of silence, and keeps all of it at its time", async () => {
    // The clock is that of the audio: it is sent 400 times as fast as it was spoken, or as the machine takes it.
    const heard = open(engine, transport, { speed: 400, buffer: MINUTES * 60 });
    const minute = Buffer.concat([Buffer.alloc(57 * RATE), speech(1)]);
    const rest = Buffer.alloc(60 * RATE - minute.length);
    for (let n = 0; n < MINUTES; n++) {
      heard.session.write(minute);
      heard.session.write(rest);
      await until(() => heard.session.seconds > 60 * n, 30_000);
    }
    heard.session.stop();
    const { ids, error } = await heard.ended(30_000);
    should(error).equal(undefined);
    should(ids).have.length(1);
    should(heard.dropped).equal(0);
    should(heard.finals()).have.length(MINUTES);
    should(heard.states.filter((state) => state === "reconnecting")).eql([]);
    const starts = heard.messages
      .filter(({ type }) => type === "speech_start")
      .map(({ data }) => Math.round((data as { time: number }).time));
    should(starts).eql(Array.from({ length: MINUTES }, (_, n) => 60 * n + 57));
    const recording = (await recordingOf(engine, ids[0] as string)).subarray(44);
    should(recording.length).equal(MINUTES * 60 * RATE);
    should(recording.subarray(-minute.length - rest.length).equals(Buffer.concat([minute, rest]))).equal(true);
  });
});
