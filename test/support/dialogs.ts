import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import type { Editor } from "./editor";
import type { FlowNode } from "./examples";
import { FULL, FULL_LIVE } from "./options";

export const ACCOUNT = "acc";

const AUDIO = { audio: "payload", audioType: "msg", filename: "filename", filenameType: "msg", fetch: false };

/** A flow with each node of the palette, their account, and all options in use. */
export function everyNode(account: object = {}): FlowNode[] {
  const node = (type: string, y: number, more: object = {}): FlowNode => ({
    ...{ id: type, type: `gladia-${type}`, z: "tab", name: "", config: ACCOUNT, x: 200, y, wires: [[], []] },
    ...more,
  });
  return [
    { id: "tab", type: "tab", label: "test" },
    {
      ...{
        id: ACCOUNT,
        type: "gladia-config",
        name: "mine",
        budget: "30",
        callbackUrl: "https://node-red.example.org",
      },
      ...{ options: FULL, presets: { interview: { diarization: true } }, credentials: { apiKey: "key" } },
      ...account,
    },
    node("upload", 60, { ...AUDIO, wires: [[]] }),
    node("transcribe", 120, { ...AUDIO, options: FULL, preset: "interview", wait: "result", output: "text" }),
    node("get-result", 180, { job: "payload", jobType: "msg", output: "srt", interval: "", deadline: "" }),
    node("callback", 240, { events: ["transcription.error"], result: true, output: "text", wires: [[]] }),
    node("format", 300, { source: "gladia.job", sourceType: "msg", format: "vtt", wires: [[]] }),
    node("jobs", 360, {
      operation: "download",
      job: "payload",
      jobType: "msg",
      path: "a.wav",
      pathType: "str",
      wires: [[]],
    }),
    node("live", 420, {
      ...{
        framing: "raw",
        encoding: "float32",
        sampleRate: "22050",
        bitDepth: "",
        channels: "2",
        mono: "mix",
        skip: "8",
      },
      ...{ session: "topic", sessionType: "msg", idle: "20", maximum: "600", buffer: "30", result: true },
      ...{ options: FULL_LIVE, preset: "interview", wires: [[], [], []] },
    }),
    node("wyoming", 480, {
      ...{ host: "127.0.0.1", port: "10399", mode: "live", reply: true, replyTimeout: "3", inputs: 1 },
      ...{ options: { language_config: { languages: ["fr"] } }, preset: "interview" },
    }),
  ];
}

const BUTTONS = {
  ok: "#node-dialog-ok, #node-config-dialog-ok",
  cancel: "#node-dialog-cancel, #node-config-dialog-cancel",
};

/** Opens every group of options and what else can be opened in a dialog. */
export async function openAll(dialog: Locator): Promise<void> {
  await dialog.evaluate((tray) => {
    for (const group of tray.querySelectorAll("details")) group.open = true;
  });
}

/** Opens one dialog of `everyNode` after the other, with all that can be opened in it, and has `look` look at each. */
export async function eachDialog(editor: Editor, look: (name: string, form: Locator) => Promise<void>): Promise<void> {
  const { page } = editor;
  const form = page.locator(".red-ui-tray .gladia-form");
  // By events instead of clicks, which would wait for each dialog to slide in.
  const press = (control: string) => page.locator(".red-ui-tray").locator(control).last().dispatchEvent("click");
  const open = async (edit: string) => {
    await page.evaluate(`RED.editor.${edit}`);
    // The shade falls when a dialog is complete; before, Node-RED would not close it in order.
    await page.locator("#red-ui-editor-shade").waitFor();
  };
  const close = async () => {
    await press(BUTTONS.cancel);
    await page.locator(".red-ui-tray").waitFor({ state: "detached" });
  };
  if ((await page.locator(".red-ui-tray").count()) > 0) await close(); // of a try that failed
  for (const id of ["upload", "transcribe", "get-result", "callback", "format", "jobs", "live", "wyoming"]) {
    await open(`edit(RED.nodes.node("${id}"))`);
    await openAll(form);
    await look(id, form);
    for (const chosen of id === "format" ? ["words", "find"] : []) {
      await form.locator("#node-input-format").selectOption(chosen);
      await look(`${id}, ${chosen}`, form);
    }
    if (id === "transcribe" || id === "live") {
      await press(".gladia-heading [role=tab]");
      await form.locator(".gladia-sent").waitFor();
      await look(`${id}, JSON`, form);
    }
    await close();
  }
  await open(`editConfig("", "gladia-config", "${ACCOUNT}")`);
  for (const tab of ["account", "options", "limits", "callbacks"]) {
    await editor.turnTo(tab);
    if (tab === "options") await openAll(form);
    await look(`account, ${tab}`, form);
  }
  await close();
}

/** What of an element is cut off, too wide for its place or beyond its edges. */
export async function misfits(root: Locator): Promise<string[]> {
  await load(root.page(), "misfits", join(__dirname, "page", "layout.js"));
  return root.evaluate((element) =>
    (window as unknown as Record<string, (e: Element) => string[]>)["misfits"]?.(element),
  ) as Promise<string[]>;
}

/** Brings a script into the page, once. */
export async function load(page: Page, name: string, path: string): Promise<void> {
  if (!(await page.evaluate(`"${name}" in window`))) await page.addScriptTag({ path });
}
