import should from "should";
import { Budget, billingTime, type Limits } from "../../src/jobs/budget";
import type { Usage } from "../../src/jobs/work-item";
import type { Job } from "../../src/types";

const NONE: Limits = { minutes: undefined, per: "day", longest: undefined };
const job = (billing_time: unknown) => ({ id: "j", status: "done", result: { metadata: { billing_time } } }) as Job;

/** A day of this month, or of another one, as `YYYY-MM-DD`. */
function dayOf(months: number, date: number): string {
  const now = new Date();
  const then = new Date(now.getFullYear(), now.getMonth() + months, date);
  return `${then.getFullYear()}-${String(then.getMonth() + 1).padStart(2, "0")}-${String(date).padStart(2, "0")}`;
}
const today = dayOf(0, new Date().getDate());
/** Another day of this month. */
const otherDay = dayOf(0, new Date().getDate() === 1 ? 2 : 1);

describe("the budget of an account", () => {
  const kept: Usage[] = [];
  const open = (limits: Partial<Limits>, usage?: Usage) =>
    new Budget({ ...NONE, ...limits }, usage, async (used) => void kept.push(used));
  const refusal = (budget: Budget) => {
    try {
      budget.check();
      return undefined;
    } catch (error) {
      return error as { key: string; code: string; params: object };
    }
  };

  beforeEach(() => {
    kept.length = 0;
  });

  it("counts what was billed, today and this month, and keeps it", async () => {
    const budget = open({}, { day: otherDay, seconds: 100, month: 300 });
    should(budget.billed).match({ used: 0, month: 300 });
    await budget.count(job(12.5));
    await budget.count(job(5));
    await budget.add(2.5); // as of a live session
    should(budget.billed).match({ used: 20, month: 320 });
    should(kept.at(-1)).eql({ day: today, seconds: 20, month: 320 });
    for (const nothing of [0, -1, Number.NaN]) await budget.add(nothing);
    for (const nothing of [undefined, null, 0, -1, "5", Number.NaN]) await budget.count(job(nothing));
    await budget.count({ id: "j", status: "error" } as Job);
    should(kept).have.length(3);
    should(refusal(budget)).equal(undefined);
  });

  it("begins anew with the month, and takes over what an earlier version kept", () => {
    should(open({}, { day: dayOf(-1, 15), seconds: 50, month: 900 }).billed).match({ used: 0, month: 0 });
    should(open({}, { day: otherDay, seconds: 50 }).billed).match({ used: 0, month: 50 });
    should(open({}, { day: today, seconds: 50 }).billed).match({ used: 50, month: 50 });
  });

  it("refuses what goes beyond a day or a month, each by its own count", () => {
    const usage = { day: today, seconds: 60, month: 600 };
    should(refusal(open({ minutes: 1 }, usage))).match({
      ...{ code: "GLADIA_BUDGET", key: "budget-spent", params: { budget: 1, used: 1 } },
    });
    should(refusal(open({ minutes: 1.1 }, usage))).equal(undefined);
    should(refusal(open({ minutes: 10, per: "month" }, usage))).match({
      ...{ code: "GLADIA_BUDGET", key: "budget-spent-month", params: { budget: 10, used: 10 } },
    });
    should(refusal(open({ minutes: 11, per: "month" }, usage))).equal(undefined);
    should(refusal(open({ minutes: 0 }))).match({ key: "budget-spent" });
  });

  it("refuses a clip that is too long, and none whose length is not known", () => {
    const budget = open({ longest: 2 });
    for (const seconds of [undefined, 0, 119, 120]) should(() => budget.checkLength(seconds)).not.throw();
    should(() => budget.checkLength(121)).throw({ code: "GLADIA_BUDGET", key: "budget-longest" });
    should(() => open({}).checkLength(1e9)).not.throw();
  });

  it("tells what a job says that it cost", () => {
    should([12, 0, undefined, null, "3", -1].map((billed) => billingTime(job(billed)))).eql([
      12,
      0,
      ...Array(4).fill(undefined),
    ]);
  });
});
