import type { ServerResponse } from "node:http";
import should from "should";
import gladiaSidebar from "../../nodes/gladia-sidebar";
import { callbackSecret } from "../../src/callbacks/address";
import { wav } from "../support/engine";
import { Flow, until } from "../support/flow";
import helper from "../support/helper";
import { HostileServer } from "../support/hostile-server";
import { headerForms, jsonForms, leaksIn, seenOf } from "../support/leaks";

const KEY = "9d1f7c3e-52ab-4e86-b0c4-77e1fa60d2b3";
const WEBHOOK = "dGhpcyBpcyBhIHNlY3JldCBvZiB0aGUgd2ViaG9va3M";
const ID = "3fb0a7f6-4b5e-4d21-9a77-0b6d2f3a1c55";

type Reply = (response: ServerResponse) => void;

/** Every secret in every form, to stand in a raw JSON string. */
let said = "";
/** The same as headers may have it. */
let header = "";

const send =
  (body: string | (() => string), status = 200, headers: () => Record<string, string> = () => ({})): Reply =>
  (response) =>
    void response
      .writeHead(status, { "content-type": "application/json", ...headers() })
      .end(typeof body === "string" ? body : body());
const fault = () =>
  `{"message":"${said}","request_id":"${said}","path":"${said}","validation_errors":["${said}","${said}"],"${said}":1}`;
const job = (more: string) => () => `{"id":"${ID}","status":"done",${more}}`;
const transcript = `"result":{"transcription":{"full_transcript":"hello","utterances":[]}}`;
/** Filling that brings a text to some length. */
const fill = (bytes: number) => " ".repeat(bytes);

/** What a server says, by the request that it says it to. */
const KINDS: [string, "upload" | "create" | "get", Reply][] = [
  ...[400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503].map((status): [string, "upload", Reply] => [
    `status ${status}`,
    "upload",
    send(fault, status),
  ]),
  ["status 400 at create", "create", send(fault, 400)],
  ["status 401 at get", "get", send(fault, 401)],
  ["status 404 at get", "get", send(fault, 404)],
  ["a header with the request's id", "upload", send("{}", 400, () => ({ "x-aipi-call-id": header }))],
  ["a header with the time to wait", "upload", send("{}", 503, () => ({ "retry-after": header }))],
  ["a header with the type", "upload", send("x", 200, () => ({ "content-type": header }))],
  ["the reason of a status", "upload", (response) => void response.writeHead(400, KEY).end("x")],
  ["a redirect of an upload", "upload", send("", 307, () => ({ location: `/${KEY}?x=${header}` }))],
  ["a redirect to another host", "get", send("", 302, () => ({ location: `http://${KEY}.invalid/${KEY}` }))],
  ["a redirect to nowhere", "get", send("", 302, () => ({ location: `http://127.0.0.1:9/${KEY}/?key=${KEY}` }))],
  ["a redirect that is no address", "get", send("", 302, () => ({ location: `http://${KEY}:${KEY}/` }))],
  ["a redirect with a password", "get", send("", 302, () => ({ location: `http://user:${KEY}@127.0.0.1:9/` }))],
  ["a web page as an error", "upload", send(() => `<html>${said}</html>`, 500)],
  ["a web page as an answer", "upload", send(() => `<html>${said}</html>`)],
  ["JSON that begins with it", "upload", send(() => `"${said}"`)],
  ["JSON that is cut within it", "upload", send(() => `{"${KEY.slice(0, 30)}`)],
  ["an end in the middle of what is told", "upload", send(() => `${fill(8 * 1024 - 20)}${KEY} and more${fill(9000)}`)],
  ["the same, escaped", "upload", send(() => `${fill(8 * 1024 - 110)}${jsonForms(KEY)[17]} and more${fill(9000)}`)],
  [
    "an upload's answer",
    "upload",
    send(() => `{"audio_url":"https://x.test/${KEY}","audio_metadata":{"${said}":"${said}"}}`),
  ],
  ["a created job", "create", send(() => `{"id":"${ID}","result_url":"${said}","x":"${said}"}`, 201)],
  ["a job's id", "create", send(() => `{"id":"${said}","result_url":"x"}`, 201)],
  [
    "a job's file and request",
    "get",
    send(job(`${transcript},"file":{"source":"@@","filename":"@@"},"request_params":{"a":["@@"]}`)),
  ],
  ["a job's metadata, by name", "get", send(job(`${transcript},"custom_metadata":{"@@":{"@@":["@@"]}}`))],
  [
    "a job's transcript",
    "get",
    send(
      job('"result":{"transcription":{"full_transcript":"@@","utterances":[{"text":"@@","words":[{"word":"@@"}]}]}}'),
    ),
  ],
  [
    "a long text",
    "get",
    send(
      job(
        `"result":{"transcription":{"full_transcript":"${"w ".repeat(70_000)}@@${"w ".repeat(70_000)}@@","utterances":[]}}`,
      ),
    ),
  ],
  [
    "an add-on that failed",
    "get",
    send(
      job(
        `"result":{"transcription":{"full_transcript":"hello","utterances":[]},"summarization":{"success":false,"error":{"message":"@@","exception":"@@"}},"@@":{"success":false,"error":{"exception":"@@"}}}`,
      ),
    ),
  ],
  ["a job without a transcript", "get", send(job('"result":{"x":"@@"}'))],
  [
    "a job that failed",
    "get",
    send(
      () =>
        `{"id":"${ID}","status":"error","error_code":"${said}","request_id":"${said}","error":{"message":"${said}"}}`,
    ),
  ],
  ["a job of another status", "get", send(() => `{"id":"${ID}","status":"${said}"}`)],
  [
    "a line that breaks",
    "get",
    (response) => void response.writeHead(200, { "content-length": 9999 }).write(`{"${said}`, () => response.destroy()),
  ],
];

describe("what a server says", () => {
  let server: HostileServer;
  let reply: [string, Reply] | undefined;
  const SETTINGS = { retries: 0, timeout: 5, deadline: 1, webhookSecret: `whsec_${WEBHOOK}` };
  let secrets: string[];

  const start = async (types = ["gladia-upload", "gladia-transcribe"], more: object = {}) => {
    const account = { apiUrl: server.url, apiKey: KEY, ...SETTINGS, ...more };
    const chain = types.map((type) => ({ type }));
    const flow = await Flow.start(chain, account, {}, [gladiaSidebar]);
    secrets = [KEY, WEBHOOK, callbackSecret(KEY, flow.account)];
    said = secrets.flatMap(jsonForms).join(" ");
    header = secrets.flatMap(headerForms).join(" ");
    return flow;
  };
  const leaks = (...values: unknown[]) => {
    const text = values.map(seenOf).join("\n") + seenOf(helper.log().args);
    return secrets.flatMap((secret) => leaksIn(text, secret));
  };

  before(async () => {
    server = await new HostileServer().start();
    server.answer = (request, response) => {
      const { method, url = "" } = request;
      const route = url.startsWith("/v2/upload") ? "upload" : method === "POST" ? "create" : "get";
      if (reply?.[0] === route && !url.includes("?")) reply[1](response);
      else if (route === "upload") send('{"audio_url":"https://x.test/1"}')(response);
      else if (route === "create") send(`{"id":"${ID}","result_url":"x"}`, 201)(response);
      else if (url.includes("?")) send('{"items":[],"next":null}')(response);
      else send(job(transcript))(response);
    };
  });
  after(() => server.close());
  beforeEach(() => {
    reply = undefined;
  });
  afterEach(() => Flow.stop());

  it("is searched for secrets by a test that finds them", () => {
    for (const form of [...jsonForms(KEY), KEY.slice(3, 14)]) should(leaksIn(seenOf({ form }), KEY)).not.be.empty();
    should(leaksIn(seenOf({ x: "9d1f7c3e-5" }).slice(0, -4), KEY)).be.empty();
  });

  for (const [kind, route, answer] of KINDS) {
    it(`holds no secret when it comes out: ${kind}`, async () => {
      const flow = await start();
      reply = [
        route,
        (response) => {
          const end = response.end.bind(response);
          // What stands for the secrets is nothing that a secret may hold.
          const put = (body: unknown) => end(typeof body === "string" ? body.replaceAll("@@", () => said) : body);
          response.end = put as typeof response.end;
          answer(response);
        },
      ];
      const seen = await flow.run({ payload: wav() });
      should(leaks(seen).slice(0, 3)).be.empty();
      should([...seen.out, ...seen.caught]).have.length(1);
    });
  }

  it("holds no secret in a callback's error and a live event", async () => {
    const flow = await start(["gladia-callback"], { callbackUrl: "http://127.0.0.1:1" });
    await until(() => flow.seen.statuses.length > 0);
    reply = ["get", send(() => `{"id":"${ID}","status":"error","error_code":400}`)];
    const address = `/gladia/${flow.account}/${callbackSecret(KEY, flow.account)}`;
    const post = (body: string) => helper.request().post(address).set("content-type", "application/json").send(body);
    await post(`{"event":"transcription.error","id":"${ID}","error":{"code":400,"message":"${said}"}}`).expect(200);
    await post(`{"event":"live.message","id":"${ID}","payload":{"${said}":"${said}"}}`).expect(200);
    await post(`{"${KEY}":"${said}"}`).expect(400);
    await until(() => flow.seen.out.length + flow.seen.caught.length === 2);
    should(leaks(flow.seen).slice(0, 3)).be.empty();
  });

  it("holds no secret in what the dialogs and the sidebar show", async () => {
    const flow = await start();
    const { account } = flow;
    const values = { id: account, apiUrl: server.url, apiKey: "__PWRD__" };
    const earlier = () => helper.request().get(`/gladia-sidebar/accounts/${account}/earlier`);
    // The sidebar asks for no job that is not in its list.
    const page = () => `{"items":[{"id":"${ID}","status":"done","file":{"filename":"${said}"}}],"next":null}`;
    reply = undefined;
    server.answer = (_, response) => send(page)(response);
    await earlier().expect(200);
    const shown: unknown[] = [(await helper.request().get(`/gladia-sidebar/accounts/${account}/jobs`)).text];
    for (const answer of [
      send(fault, 401),
      send(() => `<html>${said}`),
      send(job(`${transcript},"x":"@@"`)),
      send(fault, 500),
    ]) {
      reply = undefined;
      server.answer = (_, response) => answer(response);
      shown.push((await helper.request().post("/gladia-config/test").send(values)).body);
      const line = JSON.stringify({ node: "n", account: values });
      const trial = Buffer.concat([Buffer.from(`${line}\n`), wav()]);
      const tried = helper.request().post("/gladia-transcribe/try").set("content-type", "application/octet-stream");
      shown.push((await tried.send(trial)).text);
      shown.push((await helper.request().get(`/gladia-sidebar/accounts/${account}/jobs/${ID}`)).text);
      shown.push((await earlier()).text);
    }
    should(shown).have.length(17);
    should(shown.filter((text) => JSON.stringify(text).includes("***")).length).be.aboveOrEqual(8);
    should(leaks(shown, flow.seen).slice(0, 3)).be.empty();
  });
});
