import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { ACCOUNT } from "./dialogs";
import { type Engine, wav } from "./engine";
import type { FlowNode } from "./examples";
import type { NodeRedProcess } from "./node-red-process";

/** What makes jobs for the sidebar, and ends them: two inject nodes before a transcribe node without options of its own. */
export const MAKER: FlowNode[] = [
  {
    ...{ id: "go", type: "inject", z: "tab", x: 120, y: 320, props: [{ p: "payload" }], wires: [["maker"]] },
    ...{ payload: "recording.wav", payloadType: "str" },
  },
  {
    ...{ id: "stop", type: "inject", z: "tab", x: 120, y: 380, wires: [["maker"]] },
    props: [{ p: "control", v: "cancel-all", vt: "str" }],
  },
  {
    ...{ id: "maker", type: "gladia-transcribe", z: "tab", x: 320, y: 320, config: ACCOUNT, wires: [[], []] },
    ...{ audio: "payload", audioType: "msg", filename: "filename", filenameType: "msg", options: {}, wait: "result" },
  },
];

/** Has one job end well, one fail and one be cancelled, seen in the sidebar that is given. */
export async function makeJobs(engine: Engine, nodeRed: NodeRedProcess, side: Locator): Promise<void> {
  await writeFile(join(nodeRed.userDir, "recording.wav"), wav(6));
  const press = (id: string) => fetch(`${nodeRed.url}inject/${id}`, { method: "POST" });
  const seen = (state: string) => side.locator(`.gladia-job .gladia-state-${state}`).waitFor();
  const make = async (script: Parameters<Engine["control"]["script"]>[0], state: string) => {
    engine.control.script({ times: 1, ...script });
    await press("go");
    await seen(state);
  };
  await make({ text: "Good morning to you." }, "done");
  await make({ error: { code: 422 } }, "error");
  await make({ processing: 600_000 }, "processing");
  await press("stop");
  await seen("cancelled");
}

/** Shows the sidebar as it comes: the list, the transcript of the job that is done, the reason of the one that failed. */
export async function eachView(page: Page, look: (name: string, side: Locator) => Promise<void>): Promise<void> {
  const side = page.locator(".gladia-sidebar");
  await page.evaluate("RED.sidebar.show('gladia')");
  const list = side.locator(".gladia-jobs");
  await list.locator(".gladia-state-done").first().waitFor();
  await look("list", side);
  for (const [state, shown] of [
    ["done", "[data-word]"],
    ["error", ".gladia-fault"],
  ] as const) {
    await list
      .locator(".gladia-job", { has: page.locator(`.gladia-state-${state}`) })
      .first()
      .dispatchEvent("click");
    const detail = side.locator(".gladia-detail");
    await detail.locator(shown).first().waitFor();
    await look(`job ${state}`, side);
    if (state === "done") {
      await detail.locator("h4").press("Delete");
      await look("question", side);
      await detail.locator(".gladia-question button").last().press("Escape");
    }
    await detail.locator("h4").press("Escape");
  }
}
