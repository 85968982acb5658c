import should from "should";
import { type KeyValues, SharedStore } from "../../src/jobs/shared-store";
import type { WorkItem } from "../../src/jobs/work-item";
import { WorkStore } from "../../src/jobs/work-store";
import { until } from "../support/flow";

/** Values that several may see, as JSON. */
function sharedValues(): KeyValues & { all: Map<string, string> } {
  const all = new Map<string, string>();
  const parsed = (text: string | undefined) => (text === undefined ? undefined : (JSON.parse(text) as unknown));
  return {
    all,
    get: async (name) => parsed(all.get(name)),
    set: async (name, value) => void all.set(name, JSON.stringify(value)),
    remove: async (name) => void all.delete(name),
    names: async () => [...all.keys()],
  };
}

describe("work that several Node-REDs share", () => {
  let values: ReturnType<typeof sharedValues>;
  let failures: unknown[];
  const stores: SharedStore[] = [];
  const open = (owner: string, beat = 20) => {
    const store = new SharedStore({ values, prefix: "p", owner, beat, onFailure: (error) => failures.push(error) });
    stores.push(store);
    return store;
  };

  beforeEach(() => {
    values = sharedValues();
    failures = [];
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });

  it("is kept in its last form, with each step", async () => {
    const workStore = new WorkStore(open("one"));
    await workStore.load();
    const item = await workStore.begin({ node: "n", message: { topic: "t" } });
    if (item.state !== "accepted") return should(item.state).equal("accepted");
    const uploaded = await workStore.update(item, { state: "uploaded", audio_url: "https://x/1" });
    await workStore.update(uploaded, { state: "creating", since: 5 });
    await workStore.update(item, { message: { ...item.message, gladia: { a: 1 } } });
    const next = new WorkStore(open("one"));
    await next.load();
    should(next.entries()).eql([item]);
    should(next.takenOver(item.key)).be.a.Number();
    should(workStore.takenOver(item.key)).be.undefined();
    await next.finish(item);
    should([...values.all.keys()].filter((name) => name.startsWith("p_job"))).be.empty();
  });

  it("goes on with another when its owner gives no sign of life, also what an earlier version wrote", async () => {
    const old = { key: "k", node: "n", state: "wanted", began: 1, message: {}, owner: "dead" };
    values.all.set("p_job_k", JSON.stringify(old));
    const two = open("two");
    const adopted: WorkItem[] = [];
    two.onAdopted((item) => adopted.push(item));
    should((await two.load()).entries).be.empty();
    await until(() => adopted.length > 0);
    should(adopted).eql([{ key: "k", node: "n", state: "accepted", began: 1, message: {} }]);
  });

  it("tells once when it cannot be kept, and goes on", async () => {
    const store = open("one", 60_000);
    await store.load();
    const set = values.set;
    values.set = () => Promise.reject(new Error("down"));
    const item = { key: "k", node: "n", state: "accepted", began: 1 } as const;
    await store.put(item);
    await store.update(item);
    should(failures).have.length(1);
    values.set = set;
    await store.put(item);
    should(values.all.has("p_job_k")).equal(true);
  });
});
