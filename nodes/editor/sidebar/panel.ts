import type { JobNews, JobRecord } from "../../../src/jobs/history";
import { api, type Fault, type JobsAnswer } from "./api";
import { Detail } from "./detail";
import { button, icon, make, say } from "./dom";
import { JobList } from "./list";

const TOPIC = "gladia/jobs/";
/** Milliseconds after which ages are written anew. */
const AGES = 10_000;
/** Milliseconds that a deploy takes at most, as a rule. */
const DEPLOY = 1500;

/** The sidebar: an account's jobs as they go, one of them open. */
export class Panel {
  readonly element = make("div", { class: "gladia-sidebar" });
  private readonly accounts = make("select", { "aria-label": say("account") });
  private readonly budget = make("div", { class: "gladia-budget" });
  private readonly earlier: HTMLButtonElement;
  private readonly state = make("div", { class: "gladia-empty", role: "status" });
  private readonly list = new JobList({ open: (job) => this.open(job), remove: (job) => this.open(job, true) });
  private readonly jobs = new Map<string, JobRecord>();
  private account = "";
  /** Up to where the account's changes are known; 0: nothing is. */
  private revision = 0;
  /** Keys that went while they may still stand in an answer on its way. */
  private readonly gone = new Set<string>();
  private reading = false;
  private stale = false;
  private detail: { key: string; view: Detail } | undefined;
  private started = false;
  /** The account that was shown when it was taken away. */
  private lost = "";

  constructor() {
    this.earlier = button({ icon: "history", title: say("earlier") }, () => this.lookBack());
    const refresh = button({ icon: "refresh", title: say("refresh") }, () => this.loadAccounts());
    this.accounts.addEventListener("change", () => this.turnTo(this.accounts.value));
    const bar = make("div", { class: "gladia-bar" }, this.accounts, this.budget, this.earlier, refresh);
    this.element.append(bar, this.state, this.list.element);
    this.tell(say("loading"), "circle-o-notch fa-spin");
  }

  /** Begins when the sidebar is first seen: until then it costs nothing. */
  start(): void {
    this.list.draw();
    if (this.started) return;
    this.started = true;
    RED.comms.subscribe(`${TOPIC}#`, (topic, news) => {
      if (topic === TOPIC + this.account) this.hear(news as JobNews);
    });
    // What was told while the connection was lost, or is deployed now, has to be asked for.
    RED.comms.on("connect", () => this.loadAccounts());
    RED.events.on("deploy", () => this.loadAccounts());
    setInterval(() => this.element.offsetParent && this.list.draw(), AGES);
    this.loadAccounts();
  }

  private loadAccounts(): void {
    api.accounts().then(
      ({ accounts }) => {
        const options = accounts.map(({ id, name }) => make("option", { value: id }, name));
        this.accounts.replaceChildren(...options);
        this.accounts.hidden = accounts.length === 0;
        const wanted = this.account || this.lost;
        const here = accounts.some(({ id }) => id === wanted);
        if (here || !wanted) {
          const turned = here ? wanted : (accounts[0]?.id ?? "");
          this.accounts.value = turned;
          this.turnTo(turned);
        } else this.lose(accounts.length > 0);
      },
      (fault: Fault) => this.fail(fault),
    );
  }

  /** The account that is shown was taken away; what it had is no more to be had. */
  private lose(others: boolean): void {
    this.close();
    this.jobs.clear();
    this.lost ||= this.account;
    this.account = "";
    this.earlier.disabled = true;
    this.budget.replaceChildren();
    this.show();
    this.accounts.selectedIndex = -1;
    this.tell(say(others ? "account-gone" : "account-gone-last"), "user-times");
  }

  private turnTo(account: string): void {
    if (account !== this.account) {
      this.close();
      this.jobs.clear();
      this.show();
      this.tell(say("loading"), "circle-o-notch fa-spin");
    }
    this.account = account;
    this.lost = "";
    this.earlier.disabled = !account;
    this.earlier.title = say("earlier");
    if (!account) {
      this.tell(say("no-account"), "user-circle-o");
      return;
    }
    this.revision = 0;
    this.read();
  }

  /** Asks for what changed; for one answer at a time, however much is told meanwhile. */
  private read(): void {
    this.stale = true;
    if (this.reading) return;
    this.reading = true;
    this.stale = false;
    const { account, revision } = this;
    const isAsked = () => account === this.account && revision === this.revision;
    api
      .jobs(account, revision)
      .then(
        (answer) => isAsked() && this.take(answer),
        (fault: Fault) => isAsked() && this.fail(fault),
      )
      .finally(() => {
        this.reading = false;
        if (this.stale && this.account) this.read();
      });
  }

  /** Asks for jobs of earlier runs and of other programs; they come as all news do. */
  private lookBack(): void {
    const { account, earlier } = this;
    earlier.disabled = true;
    api.earlier(account).then(
      ({ more }) => {
        if (account !== this.account) return;
        earlier.disabled = !more;
        earlier.title = say(more ? "earlier" : "no-earlier");
      },
      (fault: Fault) => {
        earlier.disabled = false;
        if (account === this.account) this.fail(fault);
      },
    );
  }

  /** What everybody is told, who may see statuses, holds no names and no words: those are asked for. */
  private hear({ gone, removed }: JobNews): void {
    if (removed) {
      this.lose(true);
      // Until the deploy is over, Node-RED still counts it among its own.
      setTimeout(() => this.loadAccounts(), DEPLOY);
      return;
    }
    for (const key of gone) {
      this.jobs.delete(key);
      this.gone.add(key);
    }
    this.read();
  }

  private take(answer: JobsAnswer): void {
    const { jobs, revision, error } = answer;
    if (this.revision === 0) {
      this.jobs.clear();
      this.gone.clear();
    }
    this.revision = revision;
    for (const job of jobs) {
      if (!this.gone.has(job.key)) this.jobs.set(job.key, job);
    }
    if (answer.used !== undefined) this.showBudget(answer);
    this.show();
    this.tell(this.jobs.size > 0 ? "" : say("empty"), "microphone");
    if (error && this.jobs.size === 0) this.fail(error);
    if (!this.detail) return;
    const job = this.jobs.get(this.detail.key);
    if (job) this.detail.view.update(job);
    else this.close();
  }

  private show(): void {
    this.list.show([...this.jobs.values()].sort((a, b) => b.began - a.began));
  }

  /** What was billed today; of a budget for the month, also what was billed in it. */
  private showBudget({ used: day = 0, month = 0, minutes, per }: JobsAnswer): void {
    const isMonthly = per === "month";
    const used = Math.round((isMonthly ? month : day) / 6) / 10;
    const text = isMonthly
      ? `${say("billed", { used: Math.round(day / 6) / 10 })} · ${say(minutes === undefined ? "billed-month" : "billed-of-month", { used, minutes })}`
      : say(minutes === undefined ? "billed" : "billed-of", { used, minutes });
    const meter = make("meter", { min: "0", max: String(minutes || 1), value: String(used), "aria-label": text });
    if (minutes !== undefined) meter.high = minutes * 0.8;
    this.budget.replaceChildren(text, ...(minutes === undefined ? [] : [meter]));
  }

  private tell(text: string, symbol: string): void {
    this.state.hidden = text === "" || this.detail !== undefined;
    this.list.element.hidden = text !== "" || this.detail !== undefined;
    this.state.replaceChildren(icon(symbol), make("p", {}, text));
  }

  private fail({ message }: Fault): void {
    this.tell(message, "exclamation-triangle");
    this.state.append(button({ icon: "refresh", text: say("again") }, () => this.loadAccounts()));
  }

  private open(job: JobRecord, ask = false): void {
    this.close();
    const canChange = RED.user.hasPermission("gladia.write");
    const view = new Detail(job, { account: this.account, canChange, back: () => this.back() });
    this.detail = { key: job.key, view };
    this.list.element.hidden = true;
    this.element.append(view.element);
    view.focus();
    if (ask) view.ask();
  }

  private close(): void {
    this.detail?.view.destroy();
    this.detail?.view.element.remove();
    this.detail = undefined;
    this.list.element.hidden = this.jobs.size === 0;
    this.list.draw();
  }

  private back(): void {
    this.close();
    this.list.element.focus();
  }
}
