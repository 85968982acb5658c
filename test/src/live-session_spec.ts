import should from "should";
import { Transport } from "../../src/http/transport";
import { type Engine, startEngine } from "../support/engine";
import { open, recordingOf, speech } from "../support/live";

describe("a live session", () => {
  let engine: Engine;
  let transport: Transport;

  beforeEach(async () => {
    engine = await startEngine();
    transport = new Transport();
  });
  afterEach(async () => {
    await transport.close();
    await engine.close();
  });

  it("turns audio into finals and ends when it is stopped", async () => {
    const heard = open(engine, transport);
    const audio = speech(3);
    heard.session.write(audio);
    heard.session.stop();
    const { reason, error, ids } = await heard.ended();
    should(error).equal(undefined);
    should(reason).equal("stopped");
    should(heard.finals()).have.length(3);
    should((await recordingOf(engine, ids[0] as string)).length).equal(audio.length + 44);
  });
});
