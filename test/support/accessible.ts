import type { Page } from "playwright-core";
import { load } from "./dialogs";

/** Rendered by Node-RED within our forms, and its own to mend: tabs, the type menus of typed fields, Monaco. */
const FOREIGN = [".red-ui-tabs", ".red-ui-typedInput-type-select", ".monaco-editor"];
const HIDING = "body, #red-ui-main-container, .red-ui-tray-body-wrapper, .red-ui-tray-content";
const GRAVE = ["serious", "critical"];

/** Makes a page ready to be looked at by axe. */
export async function prepareAxe(page: Page): Promise<void> {
  // The body of Node-RED's page has no height and hides what overflows: axe takes all in it for invisible, and so what
  // is scrolled away.
  await page.addStyleTag({ content: `${HIDING} { overflow: visible !important }` });
  await load(page, "axe", require.resolve("axe-core/axe.min.js"));
}

/** What axe finds against accessibility within an element, of serious or critical weight, and how much it looked at. */
export async function barriers(page: Page, selector: string): Promise<string[]> {
  const context = { include: [[selector]], exclude: FOREIGN.map((part) => [part]) };
  const options = { resultTypes: ["violations"] };
  const { violations, passes } = (await page.evaluate(
    `axe.run(${JSON.stringify(context)}, ${JSON.stringify(options)})`,
  )) as Record<
    "violations" | "passes",
    { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[]
  >;
  if (!passes.some(({ id }) => id === "color-contrast")) throw new Error(`axe saw no text in ${selector}`);
  return violations
    .filter(({ impact }) => GRAVE.includes(impact))
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));
}
