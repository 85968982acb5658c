import should from "should";
import { Flow, until } from "../support/flow";
import helper from "../support/helper";
import { speech } from "../support/live";
import { liveServer, obliging } from "../support/live-server";

describe("live sessions of several customers", () => {
  let server: Awaited<ReturnType<typeof liveServer>>;
  const audio = speech(1);

  beforeEach(async () => {
    server = await liveServer((socket) => obliging(socket));
  });
  afterEach(async () => {
    await Flow.stop();
    await server.close();
  });

  const start = (keyFrom = "customer.key", keyFromType = "msg", live: object = {}) =>
    Flow.start([{ type: "gladia-live", session: "who", ...live, wires: [["out"], [], []] }], {
      ...{ apiUrl: server.url, apiKey: "own-key-0000", retries: 0 },
      ...{ keyFrom, keyFromType },
    });
  const over = (flow: Flow) =>
    until(() => flow.seen.statuses.length > 0 && flow.seen.statuses.at(-1)?.text === undefined);
  const heard = () => server.connections.map(({ frames }) => Buffer.concat(frames).length);

  it("use the key that their first message names, at the same time, whatever later ones say", async () => {
    const flow = await start("customer.key", "msg", { result: true });
    const half = audio.length / 2;
    const [one, two] = [audio.subarray(0, half), audio.subarray(half)];
    for (const who of ["anna", "bert"]) flow.receive({ who, payload: one, customer: { key: ` key-of-${who}\n` } });
    flow.receive({ who: "anna", payload: two });
    flow.receive({ who: "bert", payload: two, customer: { key: "key-of-anna" } });
    await until(() => heard().length === 2 && heard().every((length) => length === audio.length));
    flow.receive({ control: "stop" });
    await over(flow);
    await until(() => server.keys.length === 4);
    should(server.keys.slice().sort()).eql([
      "GET key-of-anna",
      "GET key-of-bert",
      "POST key-of-anna",
      "POST key-of-bert",
    ]);
    should(flow.seen.caught).eql([]);
    should(flow.seen.completed).have.length(5);
  });

  it("begin anew with the key of the message that begins them", async () => {
    const flow = await start();
    for (const key of ["key-of-anna", "key-of-bert"]) {
      flow.receive({ who: "room", control: "start", customer: { key } });
      await until(() => server.keys.includes(`POST ${key}`));
      flow.receive({ who: "room", control: "cancel" });
      await over(flow);
    }
    should(server.keys).eql(["POST key-of-anna", "POST key-of-bert"]);
  });

  it("take the key from a context, too", async () => {
    const flow = await start("key", "flow");
    helper.getNode("out").context().flow.set("key", "key-of-flow");
    flow.receive({ payload: audio });
    await until(() => server.keys.length === 1);
    should(server.keys).eql(["POST key-of-flow"]);
  });

  it("do not begin where the message has no key, and never with the account's own", async () => {
    const flow = await start();
    flow.receive({ payload: audio });
    flow.receive({ payload: audio, customer: { key: 7 } });
    flow.receive({ control: "start", customer: { key: "with a space" } });
    await until(() => flow.seen.caught.length === 3);
    for (const { gladia } of flow.seen.caught) should(gladia?.error?.code).equal("GLADIA_CONFIG");
    should(flow.seen.caught[0]?.gladia?.error?.message).containEql("msg.customer.key");
    should(server.keys).eql([]);
  });

  it("tell nobody the key, also when the server repeats it", async () => {
    const key = "secret-key-of-carl";
    server.create.push(() => ({ status: 401, body: { message: `unknown key ${key}` } }));
    const flow = await start();
    flow.receive({ payload: audio, customer: { key } });
    await until(() => flow.seen.caught.length === 1);
    const { caught, statuses, warnings, errors } = flow.seen;
    should(caught[0]?.gladia?.error?.code).equal("GLADIA_AUTH");
    should(JSON.stringify([caught[0]?.gladia, caught[0]?.error, statuses, warnings, errors])).not.containEql(key);
  });

  it("tell nobody the key that a session repeats in its messages", async () => {
    const key = "secret-key-of-dora";
    await server.close();
    server = await liveServer((socket) => {
      const said = { id: "00_00", is_final: true, utterance: { text: `the key ${key}`, start: 0, end: 1, words: [] } };
      socket.send(JSON.stringify({ type: "transcript", session_id: "session-1", data: said }));
      socket.send(`no message, but ${key}`);
      obliging(socket);
    });
    const flow = await start();
    flow.receive({ payload: audio, customer: { key } });
    await until(() => flow.seen.out.length === 1 && flow.seen.warnings.length === 1);
    should(JSON.stringify([flow.seen.out[0]?.payload, flow.seen.out[0]?.gladia, flow.seen.warnings])).not.containEql(
      key,
    );
  });
});
