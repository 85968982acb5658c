import { goal, printTable, Rounds, show } from "../support/figures.mjs";

const JOBS = 1000;
const UTTERANCES = 2000;
const WORDS = 15;
/** Changes are told as often as Node-RED does. */
const PERIOD = 250;
const PERIODS = 8;
const CHANGED = 100;

/** An account and a node, for the sidebar to have something to show. */
export const sidebarFlow = [
  { id: "jobs", type: "tab", label: "jobs" },
  {
    id: "shown",
    type: "gladia-config",
    name: "the account",
    apiUrl: "http://127.0.0.1:9",
    credentials: { apiKey: "k" },
  },
  { id: "worker", type: "gladia-transcribe", z: "jobs", x: 200, y: 100, config: "shown", wires: [[], []] },
];

const began = Date.now();
function record(i, state) {
  const at = { began: began - i * 1000, duration: Math.abs(i), ...(state === "done" ? { ended: began } : {}) };
  const said = { filename: `recording ${i}.wav`, text: `what is said in recording ${i}` };
  return { key: `k${i}`, id: `j${i}`, node: "worker", state, held: false, ...at, ...said };
}

/** Three hours of two people: the job as Node-RED hands it on. */
function transcript() {
  const utterances = Array.from({ length: UTTERANCES }, (_, n) => {
    const start = n * 5.4;
    const words = Array.from({ length: WORDS }, (_, i) => {
      const at = start + i * 0.35;
      return { word: ` word${(n * WORDS + i) % 977}`, start: at, end: at + 0.3 };
    });
    const text = words.map(({ word }) => word).join("");
    return { text, language: "en", start, end: start + 5.3, confidence: 0.9, channel: 0, speaker: n % 2, words };
  });
  const job = { id: "j0", status: "done", kind: "pre-recorded", result: { transcription: { utterances } } };
  return JSON.stringify({ job });
}

/** In the page: begins to note long tasks and frames; the figures come from `window.benchEnd()`. */
function watch() {
  const tasks = [];
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
  observer.observe({ type: "longtask" });
  const start = performance.now();
  let frames = 0;
  let ended = false;
  const count = () => {
    frames++;
    const list = document.querySelector(".gladia-jobs");
    const room = list ? list.scrollHeight - list.clientHeight : 0;
    if (window.benchScrolls && room > 0) list.scrollTop = (list.scrollTop + 173) % room;
    if (!ended) requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
  window.benchEnd = async () => {
    await new Promise((resolve) => setTimeout(resolve, 100)); // the last task is told of a little later
    ended = true;
    observer.disconnect();
    const seconds = (performance.now() - start) / 1000;
    return { count: tasks.length, longest: Math.max(0, ...tasks), frames: frames / seconds };
  };
}

/**
 * What the page did while `act` went on. How long a task lasts also tells of what else the machine does; the processor
 * time that the page's thread spent in it tells of the page alone.
 */
async function during(page, act) {
  const browser = page.context().browser();
  await browser.startTracing(page, { categories: ["toplevel"] });
  await page.evaluate(watch);
  await act();
  const figures = await page.evaluate("window.benchEnd()");
  const { traceEvents } = JSON.parse(await browser.stopTracing());
  const pages = traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  const threads = new Set(pages.map(({ pid, tid }) => `${pid} ${tid}`));
  const tasks = traceEvents.filter(({ name, pid, tid }) => name.endsWith("RunTask") && threads.has(`${pid} ${tid}`));
  return { ...figures, cpu: tasks.reduce((most, { tdur = 0 }) => Math.max(most, tdur / 1000), 0) };
}

const wait = (page, condition) => page.waitForFunction(condition, undefined, { polling: "raf" });

/** Changes a hundred jobs four times a second for two seconds, while the page scrolls if it shows the list. */
async function change(page, url) {
  for (let i = 0; i < PERIODS; i++) {
    const at = (n) => (i * CHANGED + n) % JOBS;
    const jobs = Array.from({ length: CHANGED }, (_, n) => record(at(n), i % 2 ? "done" : "processing"));
    await tell(url, [...jobs, record(-1 - i, i === PERIODS - 1 ? "done" : "queued")]);
    await page.waitForTimeout(PERIOD);
  }
}

/** Jobs that the page was told of and has not asked for yet. */
const changed = new Map();

/** Has Node-RED tell the page of jobs: keys and states, whose rest it asks for. */
async function tell(url, jobs) {
  for (const job of jobs) changed.set(job.key, job);
  const states = jobs.map(({ key, state }) => ({ key, state }));
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ topic: "gladia/jobs/shown", data: { jobs: states, gone: [] } });
  const answer = await fetch(`${url}bench/tell`, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(`Node-RED tells nothing: ${answer.status}`);
}

/** Shows a tab of the sidebar and lets it come to rest. */
async function showTab(page, name, ready) {
  await page.evaluate(`RED.sidebar.show("${name}")`);
  await wait(page, ready);
  await page.waitForTimeout(500);
}

/** One fresh page without our sidebar, or with it. */
async function measure(editor, url, ours) {
  const { page } = editor;
  await editor.load(url);
  await page.waitForTimeout(1000);
  const [tab, ready] = ours
    ? ["gladia", "document.querySelector('.gladia-job') !== null"]
    : ["debug", "$('.red-ui-debug-content').is(':visible')"];
  const list = await during(page, () => showTab(page, tab, ready));
  await page.evaluate("window.benchScrolls = true");
  const changes = await during(page, () => change(page, url));
  await page.evaluate("window.benchScrolls = false");
  if (!ours) return { list, changes };
  await page.evaluate("document.querySelector('.gladia-jobs').scrollTop = 0");
  await page.waitForTimeout(300);
  const text = await during(page, async () => {
    await page.evaluate(`document.querySelector('[data-key="k-${PERIODS}"]').click()`);
    await wait(page, `document.querySelectorAll('.gladia-said').length === ${UTTERANCES}`);
    await page.waitForTimeout(500);
  });
  return { list, changes, text };
}

const flat = (parts) =>
  Object.fromEntries(
    Object.entries(parts).flatMap(([part, figures]) =>
      Object.entries(figures).map(([figure, value]) => [`${part} ${figure}`, value]),
    ),
  );
const PARTS = {
  list: `${JOBS} jobs shown`,
  changes: `${CHANGED} of them changed every ${PERIOD} ms, scrolling`,
  text: "a transcript of 3 hours opened",
};

/** Whether the sidebar lets the browser's turn through, beside the same page without it. */
export async function watchSidebar(editor, url, count) {
  const { page } = editor;
  page.setDefaultTimeout(180_000); // a machine that others use may stand still for a while
  const jobs = Array.from({ length: JOBS }, (_, i) => record(i, i < JOBS / 2 ? "queued" : "done"));
  let revision = 0;
  await page.route("**/gladia-sidebar/accounts/shown/jobs?*", (route) => {
    const isFirst = !route.request().url().includes("since=");
    const told = isFirst ? jobs : [...changed.values()];
    changed.clear();
    return route.fulfill({ json: { jobs: told, revision: ++revision, used: 60, minutes: 30 } });
  });
  const body = transcript();
  await page.route("**/gladia-sidebar/accounts/shown/jobs/*", (route) =>
    route.fulfill({ body, contentType: "application/json" }),
  );
  const rounds = new Rounds();
  await rounds.take(count, {
    hidden: async () => flat(await measure(editor, url, false)),
    ours: async () => flat(await measure(editor, url, true)),
  });
  const rows = [["sidebar", "long tasks", "longest, ms", "dearest task, CPU ms", "of all rounds", "frames/s"]];
  for (const [part, title] of Object.entries(PARTS)) {
    for (const [name, said] of [
      ["hidden", "another tab instead"],
      ["ours", title],
    ]) {
      if (!Number.isFinite(rounds.of(name, `${part} count`))) continue;
      rows.push([
        said,
        show(rounds.of(name, `${part} count`), 0),
        show(rounds.of(name, `${part} longest`), 0),
        show(rounds.of(name, `${part} cpu`), 0),
        show(rounds.most(name, `${part} cpu`), 0),
        show(rounds.of(name, `${part} frames`), 0),
      ]);
    }
    goal(`sidebar, ${title}: dearest task`, 50, rounds.of("ours", `${part} cpu`), " ms of CPU");
  }
  printTable(`The sidebar, ${count} rounds, medians; a task is long from 50 ms on`, rows);
}
