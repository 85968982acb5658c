import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { FileStore } from "../../src/jobs/file-store";
import { jsonPart } from "../../src/jobs/work-item";
import { WorkStore } from "../../src/jobs/work-store";

const MESSAGES = 600;

/** A message of 220 KB of JSON, in many small objects. */
function large(n: number): object {
  const text = `some text of about sixty characters, so that it adds up ${n}`;
  return { _msgid: String(n), data: Array.from({ length: 2700 }, (_, i) => ({ i, text })) };
}

describe(`${MESSAGES} messages of 220 KB under way`, function () {
  this.timeout(120_000);
  let folder: string;
  let warnings: string[];
  const open = () => {
    const path = join(folder, "acc.jsonl");
    return new WorkStore(new FileStore({ path, onWarning: (key) => warnings.push(key) }));
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "gladia-large-"));
    warnings = [];
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("are written once each, and are all there after a kill", async () => {
    const workStore = open();
    await workStore.load();
    let bytes = 0;
    const work = async (n: number) => {
      const { part } = jsonPart(large(n));
      bytes += JSON.stringify(part).length;
      const item = await workStore.begin({ node: "n", message: part, audio: `${n}.wav` });
      if (item.state !== "accepted") throw new Error(item.state);
      const uploaded = await workStore.update(item, { state: "uploaded", audio_url: `https://x/${n}` });
      const creating = await workStore.update(uploaded, { state: "creating", since: Date.now() });
      const created = await workStore.update(creating, { state: "created", id: `id${n}`, since: creating.since });
      await workStore.update(created, { message: { ...created.message, gladia: { id: created.id } } });
    };
    const all: Promise<void>[] = [];
    for (let n = 0; n < MESSAGES; n++) {
      all.push(work(n));
      if (n % 5 === 4) await sleep(0);
    }
    await Promise.all(all);
    const { size } = await stat(join(folder, "acc.jsonl"));
    const began = performance.now();
    const next = open();
    await next.load();
    const left = next.entries();
    console.log(
      `      ${Math.round(size / 1e6)} MB for ${Math.round(bytes / 1e6)} MB of messages, ` +
        `${left.length} of ${MESSAGES} after a start of ${Math.round(performance.now() - began)} ms`,
    );
    should(size).be.below(1.1 * bytes);
    should(left.map(({ state, id }) => `${state} ${id}`)).eql(left.map((_, n) => `created id${n}`));
    should(left).have.length(MESSAGES);
    should(left[7]?.message).eql({ ...large(7), gladia: { id: "id7" } });
    should(warnings).be.empty();
    for (const item of left) void next.finish(item);
    await next.begin({ node: "n", message: { last: 1 } });
    should((await stat(join(folder, "acc.jsonl"))).size).be.below(10_000);
  });
});
