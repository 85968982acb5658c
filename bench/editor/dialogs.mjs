import { goal, printTable, Rounds, show } from "../support/figures.mjs";
import { OPTIONS } from "./parts.mjs";

/** Milliseconds after which nothing of a dialog's opening goes on: Node-RED slides for 250 and lays out at 350. */
const SETTLED = 500;

/** Something for every option that has a field: it only has to be shown. */
function sampleOf({ type, enum: values, items, properties, values: inner, free }) {
  if (type === "boolean") return true;
  if (type === "number" || type === "integer") return 3;
  if (type === "array") {
    const item = items.at(-1);
    return item.enum ? item.enum.slice(0, 3) : Array.from({ length: 5 }, () => sampleOf(item));
  }
  if (type === "map") return { SQL: sampleOf(inner), Gladia: sampleOf(inner) };
  if (free) return { customer: "somebody", ticket: 17 };
  if (type === "object") {
    return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, sampleOf(schema)]));
  }
  return values?.[0] ?? "some words";
}

const everyOption = Object.fromEntries(
  Object.entries(OPTIONS)
    .filter(([, { group }]) => group)
    .map(([name, schema]) => [name, sampleOf(schema)]),
);

const place = { z: "tab", x: 200, y: 100, wires: [] };
const url = "http://127.0.0.1:9";
/** What is opened: a table's name, its node, and the empty dialog that it is compared with. */
const DIALOGS = {
  empty: { node: { type: "bench-empty", ...place } },
  transcribe: { node: { type: "gladia-transcribe", config: "plain", ...place }, base: "empty" },
  "transcribe, every option": {
    node: { type: "gladia-transcribe", config: "plain", options: everyOption, ...place },
    base: "empty",
  },
  upload: { node: { type: "gladia-upload", config: "plain", ...place }, base: "empty" },
  "get result": { node: { type: "gladia-get-result", config: "plain", ...place }, base: "empty" },
  callback: { node: { type: "gladia-callback", config: "plain", ...place }, base: "empty" },
  "empty account": { node: { type: "bench-empty-config" } },
  account: { node: { type: "gladia-config", apiUrl: url, id: "plain" }, base: "empty account" },
  "account, every option": {
    node: { type: "gladia-config", apiUrl: url, options: everyOption },
    base: "empty account",
  },
};
const idOf = (name) => DIALOGS[name].node.id ?? name.replace(/\W+/g, "-");

/** A flow with one of each. */
export const dialogFlow = [
  { id: "tab", type: "tab", label: "bench" },
  ...Object.entries(DIALOGS).map(([name, { node }]) => ({ ...node, id: idOf(name), name })),
];

/** Opens a dialog in the page; milliseconds until the browser has painted it, as it begins to slide in. */
function openInPage({ id, type, config }) {
  return new Promise((resolve) => {
    const slides = ({ propertyName, target }) => {
      if (propertyName !== "right" || !target.classList.contains("red-ui-tray")) return;
      document.removeEventListener("transitionrun", slides);
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - begun)));
    };
    document.addEventListener("transitionrun", slides);
    const begun = performance.now();
    if (config) RED.editor.editConfig("", type, id);
    else RED.editor.edit(RED.nodes.node(id));
  });
}

/** Opens a dialog and closes it again. */
async function open(page, metrics, name) {
  const { type, z } = DIALOGS[name].node;
  const before = await metrics();
  const painted = await page.evaluate(openInPage, { id: idOf(name), type, config: z === undefined });
  await page.waitForTimeout(SETTLED);
  const work = (await metrics()) - before;
  await page.click("#node-dialog-cancel, #node-config-dialog-cancel");
  await page.locator(".red-ui-tray").waitFor({ state: "detached" });
  return { painted, work };
}

/** In a fresh page the first time, and then again. */
async function measure({ page, complaints }, reload, metrics, name) {
  await reload();
  await page.waitForTimeout(500);
  const first = await open(page, metrics, name);
  const later = await open(page, metrics, name);
  if (complaints.length > 0) throw new Error(`${name}: ${complaints.join("; ")}`);
  return { first: first.painted, firstWork: first.work, later: later.painted, laterWork: later.work };
}

/** How much later our dialogs are there than one that has a name and nothing else. */
export async function compareDialogs(editor, url, count) {
  editor.page.setDefaultTimeout(180_000); // a machine that others use may stand still for a while
  const client = await editor.page.context().newCDPSession(editor.page);
  await client.send("Performance.enable", { timeDomain: "threadTicks" });
  const metrics = async () => {
    const { metrics } = await client.send("Performance.getMetrics");
    return metrics.find((metric) => metric.name === "TaskDuration").value * 1000;
  };
  const rounds = new Rounds();
  const names = Object.keys(DIALOGS);
  const variants = names.map((name) => [name, () => measure(editor, () => editor.load(url), metrics, name)]);
  await rounds.take(count, Object.fromEntries(variants));
  for (const [figure, work, title] of [
    ["first", "firstWork", "opened for the first time in a page"],
    ["later", "laterWork", "opened again"],
  ]) {
    const rows = [["dialog", "to its paint, ms", "later by, ms", "CPU ms", "more by, ms"]];
    for (const name of names) {
      const { base = name } = DIALOGS[name];
      rows.push([
        name,
        show(rounds.of(name, figure), 0),
        show(rounds.difference(name, base, figure), 0),
        show(rounds.of(name, work), 0),
        show(rounds.difference(name, base, work), 0),
      ]);
    }
    printTable(`Dialogs, ${title}, ${count} rounds, medians`, rows);
    const most = Math.max(...names.map((name) => rounds.difference(name, DIALOGS[name].base ?? name, figure)));
    goal(`dialogs, ${title}: later than an empty one by`, 100, most, " ms");
  }
}
