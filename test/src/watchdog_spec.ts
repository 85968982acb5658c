import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { Watchdog } from "../../src/http/watchdog";
import { until } from "../support/flow";

describe("a watchdog", () => {
  const tooLong = () => new Error("no progress");

  it("fires without progress, once", async () => {
    const watch = new Watchdog(20, undefined, tooLong);
    const heard: Error[] = [];
    const { signal } = watch;
    signal.addEventListener("abort", () => heard.push(signal.reason));
    await until(() => signal.aborted);
    watch.touch();
    await sleep(60);
    should(heard).eql([watch.reason]);
    should(watch.reason?.message).equal("no progress");
  });

  it("fires with the outer signal's reason, also when that was aborted before", () => {
    const reason = new Error("closing");
    const outer = new AbortController();
    const watch = new Watchdog(10_000, outer.signal, tooLong);
    outer.abort(reason);
    const late = new Watchdog(10_000, outer.signal, tooLong);
    should([watch.reason, late.reason, late.signal.reason]).eql([reason, reason, reason]);
    for (const one of [watch, late]) one.stop();
  });

  it("fires at the first end that was set, whatever progress is made, and tells how long that was", async () => {
    const watch = new Watchdog(10_000, undefined, tooLong, (milliseconds) => new Error(`ended after ${milliseconds}`));
    watch.endIn(40);
    watch.endIn(5000);
    const progress = setInterval(() => watch.touch(), 5);
    await until(() => watch.reason !== undefined);
    clearInterval(progress);
    watch.stop();
    should(watch.reason?.message).equal("ended after 40");
  });

  it("may rest, and goes on with the next progress", async () => {
    const watch = new Watchdog(20, undefined, tooLong);
    watch.rest();
    await sleep(60);
    should(watch.reason).be.undefined();
    watch.touch();
    await until(() => watch.reason !== undefined);
  });

  it("is silent once it was stopped, whatever still comes", async () => {
    const outer = new AbortController();
    const watch = new Watchdog(20, outer.signal, tooLong);
    watch.stop();
    watch.touch();
    watch.touch(5);
    await sleep(60);
    outer.abort(new Error("closing"));
    should(watch.reason).be.undefined();
  });
});
