import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { type Engine, startEngine, wav } from "../support/engine";
import { MortalNodeRed } from "../support/mortal-node-red";

describe("a clip that is tried while Node-RED is killed", function () {
  this.timeout(60_000);
  let engine: Engine;
  let red: MortalNodeRed;

  const flow = () => [
    { id: "tab", type: "tab", label: "test" },
    { id: "acc", type: "gladia-config", name: "account", apiUrl: engine.url, concurrency: "1" },
    { id: "tr", type: "gladia-transcribe", z: "tab", config: "acc", wires: [[], []] },
  ];
  const attempt = (filename: string, seed: number) => {
    const about = { node: "tr", account: { id: "acc" }, filename };
    const body = Buffer.concat([Buffer.from(`${JSON.stringify(about)}\n`), wav(2, seed)]);
    return fetch(`${red.url}/gladia-transcribe/try`, { method: "POST", body }).then(
      (answer) => answer.text().catch(() => ""),
      () => "",
    );
  };
  const listed = async () =>
    (await (await fetch(`${red.url}/gladia-sidebar/accounts/acc/jobs`)).json()) as {
      jobs: { state: string }[];
      used: number;
    };
  /** What the journal holds of work under way, whatever its form. */
  const kept = async () => {
    const folder = join(red.folder, "gladia");
    const texts = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), "utf8")));
    return texts.join("\n");
  };
  const until = async (holds: () => Promise<boolean> | boolean) => {
    for (let n = 0; n < 1500; n++) {
      if (await holds()) return;
      await sleep(10);
    }
    throw new Error(`waited in vain for: ${holds}`);
  };

  beforeEach(async () => {
    engine = await startEngine();
    red = await MortalNodeRed.create(flow(), { acc: { apiKey: "key" } });
    await red.start();
  });
  afterEach(async () => {
    await red?.stop();
    await engine?.close();
  });

  it("has its job counted at the next start, and nothing sent again", async () => {
    engine.control.script({ processing: 3000, text: "Nobody is told." });
    const trial = attempt("killed.wav", 1);
    await until(async () => engine.control.jobs.length === 1 && (await kept()).includes('"created"'));
    await red.kill();
    await trial;
    await red.start();
    const next = attempt("next.wav", 2);
    await until(async () => (await listed()).jobs.some(({ state }) => state === "waiting"));
    await next; // once the slot of the first was free
    should((await listed()).used).be.approximately(4, 0.5);
    should(engine.control.jobs).have.length(2);
    should(red.log).not.match(/Nobody is told/);
  });

  it("has a job looked for that a create may have made", async () => {
    engine.control.script({ text: "Nobody is told." });
    engine.control.fault({ route: "create", kind: "hang-after" });
    const trial = attempt("killed.wav", 3);
    await until(() => engine.control.jobs.length === 1);
    await red.kill();
    await trial;
    await red.start();
    await fetch(`${red.url}/gladia-sidebar/accounts/acc/jobs`); // the account opens when it is first used
    await until(async () => (await listed()).used > 0);
    should(engine.control.jobs).have.length(1);
    should((await listed()).used).be.approximately(2, 0.5);
  });
});
