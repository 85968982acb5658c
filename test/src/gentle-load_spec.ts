import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { loadGently } from "../../src/gentle-load";

/** Modules that note when they begin and what they see of those they require; `circle/*` require each other. */
const FILES: Record<string, string> = {
  "index.js": "a b circle/one late",
  "a.js": "shared",
  "b.js": "shared a",
  "shared.js": "",
  "circle/one.js": "circle/two shared",
  "circle/two.js": "circle/three b",
  "circle/three.js": "circle/one",
  "late.js": "",
};

describe("loading a package in the background", () => {
  let folder: string;
  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "gladia-load-")));
    await mkdir(join(folder, "circle"));
    for (const [name, required] of Object.entries(FILES)) {
      const up = name.includes("/") ? "../" : "./";
      const lines = required.split(" ").filter(Boolean);
      const body = lines.map((file) => `seen.push(Object.keys(require("${up}${file}")).length);`);
      const unusual = '// require("./not-there")\nif (false) require("./never");';
      const code = `globalThis.order.push("${name}"); const seen = []; ${body.join(" ")} exports.seen = seen; ${unusual}`;
      await writeFile(join(folder, name), code);
    }
  });
  after(() => rm(folder, { recursive: true }));

  it("gives each file what a plain require gives it, one file a turn but for circles", async () => {
    const load = createRequire(join(folder, "index.js"));
    const state = globalThis as unknown as { order?: string[] };
    const seen = () => Object.keys(FILES).map((name) => load(join(folder, name)).seen);
    state.order = [];
    load(join(folder, "index.js"));
    const plain = seen();
    for (const name of Object.keys(FILES)) delete load.cache[join(folder, name)];

    state.order = [];
    const turns: number[] = [];
    let before = 0;
    const count = () => {
      const loaded = state.order?.length ?? 0;
      turns.push(loaded - before);
      before = loaded;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    await loadGently(join(folder, "index.js"));
    clearImmediate(timer);
    should(seen()).eql(plain);
    should(state.order.toSorted()).eql(Object.keys(FILES).toSorted());
    should(turns.filter((loaded) => loaded > 1)).eql([3]);
    delete state.order;
  });

  it("loads undici as a plain require does, a few files a turn", () => {
    const script = `
      require("tsx/cjs");
      const { loadGently } = require("./src/gentle-load.ts");
      const of = () => Object.keys(require.cache).filter((file) => /[\\\\\\\\/]undici[\\\\\\\\/]/.test(file)).length;
      let [before, most] = [0, 0];
      const count = () => { const now = of(); most = Math.max(most, now - before); before = now; timer = setImmediate(count); };
      let timer = setImmediate(count);
      loadGently(require.resolve("undici")).then(() => {
        clearImmediate(timer);
        const gently = of();
        const { Agent, ProxyAgent, EnvHttpProxyAgent, FormData, Response } = require("undici");
        const usable = [Agent, ProxyAgent, EnvHttpProxyAgent, FormData, Response].every((one) => typeof one === "function");
        console.log(JSON.stringify({ gently, all: of(), most, usable }));
      });`;
    const output = execFileSync(process.execPath, ["-e", script], { encoding: "utf8" });
    const { gently, all, most, usable } = JSON.parse(output);
    should(usable).be.true();
    should(gently).equal(all);
    should(all).be.above(50);
    should(most).be.below(12);
  });
});
