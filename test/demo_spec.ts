import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import should from "should";

const ROOT = join(__dirname, "..");
const run = promisify(execFile);
const start = (...args: string[]) => [join(ROOT, "scripts/start.mjs"), "--no-build", ...args];
/** Without a key, so that the local engine is used; its model takes real time. */
const env = { ...process.env, GLADIA_API_KEY: "" };

describe("the demo, with real speech and the real recogniser", function () {
  this.timeout(120_000);

  it("prints the transcript of a file and nothing else on stdout", async () => {
    const speech = join(ROOT, "local/speech/amiable-woman.wav");
    const { stdout, stderr } = await run(process.execPath, start("--once", speech), { env });
    should(stdout.toLowerCase()).match(/amiable woman/);
    should(stdout.trim().split("\n")).have.length(1);
    should(stderr).match(/uploading/);
  });

  it("ends with 1 and says why when there is no such file, or nothing to transcribe", async () => {
    for (const [file, why] of [
      ["no such.wav", /There is no file at/],
      ["README.md", /This is text, not audio/],
    ] as const) {
      const failed = await run(process.execPath, start("--once", file), { env, cwd: ROOT }).then(
        () => undefined,
        (error: { code: number; stderr: string; stdout: string }) => error,
      );
      should(failed?.code).equal(1);
      should(failed?.stderr).match(why);
      should(failed?.stdout).equal("");
    }
  });

  it("runs until Ctrl-C and then ends everything it started", async () => {
    const child = spawn(process.execPath, start(), { env, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    let text = "";
    child.stdout.on("data", (data) => {
      text += data;
    });
    const ready = new Promise<void>((resolve, reject) => {
      child.stderr.on("data", (data) => {
        said += data;
        if (/Ctrl-C ends/.test(said)) resolve();
      });
      child.once("exit", (code) => reject(new Error(`ended with ${code}: ${said}`)));
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await ready;
    const url = /Open the flow in the editor: (\S+)/.exec(said)?.[1] ?? "";
    should((await fetch(url)).status).equal(200);
    should(text.toLowerCase()).match(/john dashwood/);
    child.kill("SIGINT");
    should(await ended).equal(0);
    await should(fetch(url)).rejected();
    if (existsSync("/proc")) {
      const { stdout } = await run("ps", ["-eo", "args"]);
      should(stdout).not.match(/local\/bin\/gladia-local\.js --port 0 --key any --data \S*\.node-red/);
    }
  });
});
