import should from "should";
import { startBrowser } from "../support/browser";
import { Editor } from "../support/editor";
import { startEngine } from "../support/engine";
import { startNodeRed } from "../support/node-red-process";

describe("the sidebar of a Node-RED that was started anew", function () {
  this.timeout(90_000);

  it("shows the jobs that Gladia has of before when it is asked for them", async () => {
    const [engine, nodeRed, browser] = await Promise.all([startEngine(), startNodeRed(), startBrowser()]);
    try {
      const headers = { "x-gladia-key": "key", "content-type": "application/json" };
      const body = JSON.stringify({ audio_url: `${engine.url}/file/none` });
      engine.control.script({ error: { code: 422 } });
      const made = await fetch(`${engine.url}/v2/pre-recorded`, { method: "POST", headers, body });
      const { id } = (await made.json()) as { id: string };
      await nodeRed.deploy([
        { id: "tab", type: "tab", label: "test" },
        { id: "acc", type: "gladia-config", name: "account", apiUrl: engine.url, credentials: { apiKey: "key" } },
        { id: "tr", type: "gladia-transcribe", z: "tab", x: 300, y: 100, config: "acc", wires: [[], []] },
      ]);
      const editor = await Editor.open(browser, nodeRed.url);
      await editor.page.evaluate("RED.sidebar.show('gladia')");
      const side = editor.page.locator(".gladia-sidebar");
      await side.getByText("No job yet").waitFor();
      await side.getByRole("button", { name: "Show earlier ones" }).click();
      const row = side.locator(`#gladia-job-${id}`);
      await row.waitFor();
      await side.locator("button[title='Gladia has no earlier ones'][disabled]").waitFor();
      await row.click();
      await side.locator(".gladia-detail").getByText(id).first().waitFor();
      should(await side.locator(".gladia-detail .gladia-state").first().textContent()).match(/failed|queued|running/);
      should(editor.complaints).eql([]);
    } finally {
      await browser.close();
      await nodeRed.stop();
      await engine.close();
    }
  });
});
