import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import should from "should";
import { afterwards, call, closeAll, final, folder, gate, start, transcribe, upload } from "./support/engine";

const CLI = join(__dirname, "../src/cli.ts");

/** The command line in a process of its own; ends after the test. */
function run(...args: string[]): ChildProcess {
  const code = `require(${JSON.stringify(CLI)}).main(process.argv.slice(1))`;
  const child = spawn(process.execPath, ["--require", "tsx/cjs", "--eval", code, "--", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  afterwards(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  return child;
}

/** Everything a stream says. */
async function said(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = "";
  for await (const chunk of stream ?? []) text += chunk;
  return text;
}

/** Starts the command line on a folder; gives the process and its address. */
async function engineOn(data: string): Promise<{ child: ChildProcess; url: string }> {
  const child = run("--port", "0", "--key", "k", "--data", data, "--scripted", "--control");
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = await once(lines, "line");
  return { child, url: /http:\/\/127\.0\.0\.1:\d+$/.exec(line)?.[0] ?? line };
}

describe("a restart", () => {
  afterEach(closeAll);

  it("keeps jobs, results and audio, and takes up what was under way", async () => {
    const data = await folder();
    const first = await start({ data, concurrency: 1 });
    const done = await transcribe(first, { custom_metadata: { n: 1 } });
    first.control.script({ error: { code: 422 }, times: 1 });
    const failed = await transcribe(first);
    first.control.script(gate().script);
    const { audio_url } = await upload(first, "left over", "left.mp3");
    const running = (await call(first, "POST", "/v2/pre-recorded", { audio_url })).body.id;
    const queued = (await call(first, "POST", "/v2/pre-recorded", { audio_url })).body.id;
    await first.close();
    await writeFile(join(data, "jobs", ".half.json.1.1.tmp"), '{"id":');
    const second = await start({ data });
    for (const job of [done, failed]) (await call(second, "GET", `/v2/pre-recorded/${job.id}`)).body.should.eql(job);
    for (const id of [running, queued]) {
      const { result } = await final(second, id);
      result.transcription.full_transcript.should.match(/^speech of left\.mp3/);
    }
    const { body } = await call(second, "GET", "/v2/pre-recorded");
    body.items.map(({ id }: { id: string }) => id).should.eql([queued, running, failed.id, done.id]);
    (await call(second, "GET", `/v2/pre-recorded/${running}/file`)).body.toString().should.equal("left over");
  });

  it("is not possible while another engine works in the folder, and is right after", async () => {
    const data = await folder();
    const first = await start({ data });
    await start({ data }).should.be.rejectedWith(/in use by another engine/);
    await start({ data: await folder(), port: first.port }).should.be.rejectedWith(/EADDRINUSE/);
    await first.close();
    (await start({ data })).url.should.be.a.String();
  });

  it("survives kill -9, and a signal ends the command line cleanly", async () => {
    const data = await folder();
    const { child, url } = await engineOn(data);
    await call({ url }, "POST", "/__control", { scripts: [{ processing: 3_600_000 }] });
    const { audio_url } = await upload({ url }, "audio", "a.mp3");
    const custom_metadata = { flow: "x" };
    const { body } = await call({ url }, "POST", "/v2/pre-recorded", { audio_url, custom_metadata });
    child.kill("SIGKILL");
    await once(child, "exit");
    const again = await engineOn(data);
    const job = await final(again, body.id);
    job.custom_metadata.should.eql(custom_metadata);
    job.result.transcription.full_transcript.should.match(/^speech of a\.mp3/);
    await call(again, "POST", "/__control", { faults: [{ route: "list", kind: "hang" }] });
    const hanging = call(again, "GET", "/v2/pre-recorded").should.be.rejected();
    again.child.kill("SIGTERM");
    const [code, signal] = await once(again.child, "exit");
    should(signal).be.null();
    code.should.equal(0);
    await hanging;
  });
});

describe("the command line", () => {
  afterEach(closeAll);

  it("explains itself", async () => {
    const child = run("--help");
    (await said(child.stdout)).should.match(/--port <number>.*8778/);
    if (child.exitCode === null) await once(child, "exit");
    should(child.exitCode).equal(0);
  });

  it("says what is wrong and ends with 2", async () => {
    const child = run("--port", "70000");
    (await said(child.stderr)).should.match(/--port must be a number from 0 to 65535/);
    if (child.exitCode === null) await once(child, "exit");
    should(child.exitCode).equal(2);
  });
});
