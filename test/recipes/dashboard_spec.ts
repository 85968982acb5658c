import type { Browser } from "playwright-core";
import should from "should";
import { startBrowser } from "../support/browser";
import { hasOthers, type RecipeRun, startRecipes } from "../support/recipes";

/** A microphone that hums. */
const MICROPHONE = `navigator.mediaDevices.getUserMedia = async () => {
  const context = new AudioContext();
  const tone = new OscillatorNode(context);
  const end = new MediaStreamAudioDestinationNode(context);
  tone.connect(end);
  tone.start();
  return end.stream;
}`;

describe("the recipe with a dashboard", function () {
  this.timeout(60_000);
  let recipes: RecipeRun;
  let browser: Browser;

  before(async function () {
    this.timeout(300_000);
    if (!hasOthers()) this.skip();
    [recipes, browser] = await Promise.all([startRecipes(), startBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await recipes?.close();
  });

  it("Dashboard recorder and player", async () => {
    recipes.engine.control.script({ text: ["What I said.", "And then this."] });
    await recipes.run("Dashboard recorder and player");
    const page = await browser.newPage({ viewport: { width: 900, height: 600 } });
    await page.addInitScript(MICROPHONE);
    await page.goto(`${recipes.nodeRed.url}dashboard/recorder`);
    await page.getByRole("button", { name: "Record" }).click();
    await page.getByText("Recording ...").waitFor();
    await page.waitForTimeout(1000);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Play it to see the captions.").waitFor();
    const cues = `(async () => {
      const { track } = document.querySelector("track");
      track.mode = "showing";
      while (!track.cues || track.cues.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      return [...track.cues].map(({ text }) => text);
    })()`;
    should(((await page.evaluate(cues)) as string[]).join(" ")).match(/What I said\. And then this\./);
    if (process.env["PICTURE"]) await page.screenshot({ path: process.env["PICTURE"] });

    recipes.engine.control.script({ error: { code: 422 } });
    await page.getByRole("button", { name: "Record" }).click();
    await page.waitForTimeout(500);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.locator("[role=status]", { hasText: /job/ }).waitFor();
  });
});
