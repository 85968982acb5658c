import should from "should";
import { AT_ONCE, newJob, type Watched } from "../../src/jobs/watched";
import { Watchlist } from "../../src/jobs/watchlist";
import { draws } from "../support/draws";

describe("the jobs that are waited for", () => {
  const job = (id: string, interval?: number) => newJob(id, { since: performance.now(), ours: true, interval });

  it("knows what is due without a look at each, whatever happens to them", () => {
    const next = draws(20261125);
    const jobs = new Watchlist();
    const pick = (): Watched | undefined => [...jobs.values()][Math.floor(next() * jobs.size)];
    const change = (now: number) => {
      const one = pick();
      const what = next();
      if (what < 0.4 || !one) {
        const added = job(String(next()), next() < 0.2 ? 500 : undefined);
        added.due = next() < 0.2 ? AT_ONCE : now + next() * 1000;
        jobs.add(added);
      } else if (what < 0.5) jobs.remove(one.id);
      else if (what < 0.6) jobs.fix(one, 300);
      else if (what < 0.8) {
        one.asking = !one.asking;
        one.due = now + next() * 500;
        if (!one.asking) jobs.plan(one);
      } else {
        jobs.beginList();
        for (const each of jobs.values()) {
          if (!jobs.isAsked(each) || next() < 0.2) continue;
          should(jobs.show(each, "processing")).equal(true);
          each.seen = "listed";
          each.due = now + next() * 2000;
          if (!each.asking) jobs.plan(each);
        }
      }
    };
    let found = 0;
    for (let now = 1; now < 20_000; now += 10) {
      if (next() < 0.3) change(now);
      const free = [...jobs.values()].filter(({ asking }) => !asking);
      const looked = free.filter(
        ({ interval, seen, due }) => interval !== undefined || seen !== "not yet" || due === AT_ONCE,
      );
      const due = looked.filter((one) => one.due <= now);
      const answer = jobs.findDue(now, true);
      should(new Set(answer.due)).eql(new Set(due));
      const later = Math.min(...looked.filter((one) => one.due > now).map((one) => one.due));
      should(answer.next).be.belowOrEqual(later);
      found += due.length;
      for (const one of answer.due) {
        one.due = now + 100 + next() * 1000;
        jobs.plan(one);
      }
      should(jobs.adaptive).equal([...jobs.values()].filter(({ interval }) => interval === undefined).length);
    }
    should(found).be.above(1000);
  });

  it("asks a list for the jobs in the adaptive rhythm that it can know, each once", () => {
    const jobs = new Watchlist();
    const [early, fixed, late] = [job("early"), job("fixed", 1000), job("late")];
    jobs.add(early);
    jobs.add(fixed);
    jobs.beginList();
    jobs.add(late);
    should([early, fixed, late].map((one) => jobs.show(one, "queued"))).eql([true, false, false]);
    should(jobs.show(early, "queued")).equal(false);
    should(jobs.anyAsked()).equal(early);
    jobs.beginList();
    should([early, late].map((one) => jobs.isShown(one))).eql([false, false]);
    should([early, late].map((one) => jobs.show(one, "processing"))).eql([true, true]);
  });

  it("does not believe lists once they are no longer read", () => {
    const jobs = new Watchlist();
    const one = job("one");
    one.due = 10;
    jobs.add(one);
    should(jobs.findDue(20, true).due).eql([]);
    jobs.beginList();
    jobs.show(one, "processing");
    one.seen = "listed";
    one.due = 1e9;
    jobs.plan(one);
    should(jobs.findDue(20, true)).eql({ due: [], next: 1e9 });
    should(jobs.findDue(20, false).next).be.below(30_000);
    should(one.seen).equal("not yet");
  });
});
