import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Locator } from "playwright-core";
import should from "should";
import { startBrowser } from "../support/browser";
import { eachDialog, everyNode, misfits } from "../support/dialogs";
import { Editor } from "../support/editor";
import { type Engine, startEngine } from "../support/engine";
import { eachView, MAKER, makeJobs } from "../support/jobs";
import { type NodeRedProcess, startNodeRed } from "../support/node-red-process";

const FORMS = join(__dirname, "..", "..", "nodes", "editor");

describe("the layout of dialogs and sidebar", function () {
  this.timeout(90_000);
  let engine: Engine;
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;

  /** Texts and controls that do not begin where the reading begins. */
  const misaligned = (part: Locator) =>
    part.evaluate((root) => {
      const style = getComputedStyle(root);
      const found = style.direction === "rtl" ? [] : ["not right to left"];
      for (const element of root.querySelectorAll<HTMLElement>("label, .gladia-hint, .gladia-title, p, h4, th")) {
        const { textAlign } = getComputedStyle(element);
        if (element.checkVisibility() && !/start|right|center/.test(textAlign))
          found.push(`${textAlign}: ${element.textContent}`);
      }
      for (const label of root.querySelectorAll(".form-row > label:first-child, .gladia-field > label")) {
        const [named, control] = [label, label.nextElementSibling].map((element) => element?.getBoundingClientRect());
        if (named?.width && control?.width && named.left < control.right - 1)
          found.push(`left of its field: ${label.textContent}`);
      }
      return found;
    });

  before(async () => {
    [engine, nodeRed, browser] = await Promise.all([startEngine(), startNodeRed(), startBrowser()]);
    await nodeRed.deploy([...everyNode({ apiUrl: engine.url }), ...MAKER]);
    editor = await Editor.open(browser, nodeRed.url);
    await editor.page.evaluate("RED.sidebar.show('gladia')");
    await makeJobs(engine, nodeRed, editor.page.locator(".gladia-sidebar"));
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    await engine?.close();
  });
  afterEach(() => should(editor.complaints).eql([]));

  it("is measured by what tells cut and overflowing texts", async () => {
    const part = editor.page.locator(".gladia-sidebar");
    const title = await part.locator(".gladia-bar select").evaluate((select: HTMLSelectElement) => {
      const long = "long".repeat(200);
      const option = new Option(long);
      const word = document.createElement("p");
      word.textContent = long;
      select.append(option);
      select.closest(".gladia-sidebar")?.prepend(word);
      return long.slice(0, 20);
    });
    const found = (await misfits(part)).join("\n");
    should(found).match(/^cut off: select/m);
    should(found).match(/^beyond the edge: p/m);
    should(found).match(/^too wide/m);
    await part.locator(`p:has-text("${title}"), option:has-text("${title}")`).evaluateAll((parts) => {
      for (const element of parts) element.remove();
    });
    should(await misfits(part)).eql([]);
  });

  for (const width of [360, 1600]) {
    it(`fits a sidebar of ${width} px`, async () => {
      const { page } = editor;
      await page.setViewportSize({ width: Math.max(1300, width + 400), height: 950 });
      const side = page.locator(".gladia-sidebar");
      await side.evaluate((element, wide) => {
        const place = element.parentElement as HTMLElement;
        place.style.cssText += `; position: fixed; inset-block: 60px 30px; inset-inline-end: 0; width: ${wide}px`;
        place.style.height = "auto";
      }, width);
      await eachView(page, async (name, part) => {
        should(Math.round((await part.boundingBox())?.width ?? 0)).equal(width);
        should(await misfits(part)).eql([], name);
      });
      await side.evaluate((element) => element.parentElement?.removeAttribute("style"));
      await page.setViewportSize({ width: 1300, height: 950 });
    });
  }

  it("turns round where the editor reads from right to left", async () => {
    const { page } = editor;
    await page.evaluate("document.documentElement.dir = 'rtl'");
    const looks = async (name: string, part: Locator) => {
      should(await misfits(part)).eql([], name);
      should(await misaligned(part)).eql([], name);
    };
    await eachDialog(editor, looks);
    await eachView(page, looks);
    await page.evaluate("document.documentElement.dir = ''");
  });

  it("names no side in its styles", () => {
    const styles = readdirSync(FORMS)
      .filter((file) => file.endsWith(".html"))
      .map((file) => readFileSync(join(FORMS, file), "utf8"));
    const sided =
      /(?:(?:margin|padding|border)-(?:left|right)|text-align:\s*(?:left|right)|[;{\s](?:left|right|float))\s*:[^;}]*/g;
    const uneven = /(?:margin|padding):\s*[^\s;}]+\s+([^\s;}]+)\s+[^\s;}]+\s+(?!\1[\s;}])[^\s;}!]+/g;
    should("p { left: 0 }".match(sided)).have.length(1);
    should("p { margin: 0 1px 2px 3px; padding: 0 1px 2px 1px }".match(uneven)).have.length(1);
    should(styles.flatMap((style) => [...(style.match(sided) ?? []), ...(style.match(uneven) ?? [])])).eql([]);
  });
});
