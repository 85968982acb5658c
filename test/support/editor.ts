import type { Browser, Locator, Page } from "playwright-core";

interface Options {
  /** `undefined` leaves the browser its own. */
  locale?: string | undefined;
  width?: number;
  height?: number;
}

/** Node-RED's editor in a browser page, with the few things that our tests and screenshots do there. */
export class Editor {
  /** What the page complained about; Node-RED only logs what goes wrong in a dialog's functions. */
  readonly complaints: string[] = [];

  private constructor(readonly page: Page) {
    page.setDefaultTimeout(30_000);
    page.on("pageerror", (error) => {
      if (!isOfNodeRed(error)) this.complaints.push(error.message);
    });
    page.on("console", (message) => {
      const text = message.text();
      if (message.type() === "error" || /^(oneditprepare|oneditsave|Definition error)/.test(text)) {
        this.complaints.push(text);
      }
    });
  }

  /** Opens the editor and waits until the flows are there. */
  static async open(browser: Browser, url: string, options: Options = {}) {
    const { locale, width = 1300, height = 950 } = { locale: "en-US", ...options };
    const editor = new Editor(await browser.newPage({ viewport: { width, height }, ...(locale && { locale }) }));
    await editor.load(url);
    return editor;
  }

  /** Opens the editor in its page, anew where it was open, and waits until the flows are there. */
  async load(url: string): Promise<void> {
    const { page } = this;
    await page.goto(url);
    await page.waitForSelector("#red-ui-main-container", { state: "visible" });
    await page.locator("#red-ui-loading-progress").waitFor({ state: "hidden" });
    await page.waitForFunction("window.RED && RED.nodes.getWorkspaceOrder().length > 0 && RED.workspaces.active()");
  }

  /** The nodes that Node-RED holds for invalid, with its reasons, and those of a type it does not know. */
  invalid(): Promise<string[]> {
    return this.page.evaluate(`(() => {
      const bad = [];
      const look = (node) => {
        if (node.type === "unknown" || !node.valid) bad.push(node.type + ": " + (node.validationErrors || []).join("; "));
      };
      RED.nodes.eachNode(look);
      RED.nodes.eachConfig(look);
      return bad;
    })()`);
  }

  async openNode(id: string): Promise<Locator> {
    await this.page.evaluate(`RED.editor.edit(RED.nodes.node(${JSON.stringify(id)}))`);
    return this.opened("#node-dialog-ok");
  }

  async openAccount(id: string): Promise<Locator> {
    await this.page.evaluate(`RED.editor.editConfig("", "gladia-config", ${JSON.stringify(id)})`);
    return this.opened("#node-config-dialog-ok");
  }

  /** The dialog's groups of options are closed until used. */
  async openGroup(group: string): Promise<void> {
    const details = this.page.locator(`.gladia-group[data-group=${group}]`);
    if ((await details.getAttribute("open")) === null) await details.locator("summary").click();
    await details.and(this.page.locator("[open]")).waitFor();
  }

  /** Turns to one of the tabs of the account's dialog, by what it is called. */
  async openTab(name: string): Promise<void> {
    await this.page.locator(".red-ui-tray").getByRole("link", { name, exact: true }).click();
  }

  /** Turns to one of the tabs of the account's dialog, in any language. */
  async turnTo(tab: string): Promise<void> {
    const pane = this.page.locator(`#gladia-config-${tab}`);
    const link = this.page.locator(`.red-ui-tray a[href="#gladia-config-${tab}"]`);
    await link.waitFor();
    while (!(await pane.isVisible())) {
      await link.dispatchEvent("mousedown");
      await link.dispatchEvent("mouseup");
      // Node-RED takes clicks on two tabs within 400 ms for a double click.
      if (!(await pane.isVisible())) await this.page.waitForTimeout(100);
    }
  }

  /** The control of one option: `option("diarization_config.max_speakers")`. */
  option(path: string): Locator {
    return this.page.locator(`[data-option="${path}"]`).locator("select, textarea, input").first();
  }

  /** A cell of an option's table, both counted from one. */
  cell(path: string, row: number, column: number): Locator {
    return this.page.locator(`[data-option="${path}"] tr:nth-child(${row}) td:nth-child(${column}) input`);
  }

  /** Presses the red button of the dialog and waits until it has slid away; one below it may come forth. */
  async done(): Promise<void> {
    const tray = await this.page.locator(".red-ui-tray").elementHandle();
    await this.page.click("#node-dialog-ok, #node-config-dialog-ok");
    await tray?.waitForElementState("hidden");
  }

  async deploy(): Promise<void> {
    const saved = this.page.waitForResponse((r) => r.request().method() === "POST" && r.url().endsWith("/flows"));
    await this.page.click("#red-ui-header-button-deploy");
    await saved;
  }

  private async opened(button: string): Promise<Locator> {
    await this.page.locator(button).waitFor();
    // The tray slides in; a click meanwhile would miss.
    await this.page.waitForTimeout(350);
    return this.page.locator(".red-ui-tray");
  }
}

/**
 * Whether an error comes from Node-RED's files alone: on a busy machine its tips (5.0.7) look for their box before that is
 * there.
 */
function isOfNodeRed({ stack = "" }: Error): boolean {
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  return frames.length > 0 && frames.every((line) => /\/red\/red(\.min)?\.js/.test(line));
}
