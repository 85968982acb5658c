import { lockFolder } from "../../src/lock";

/* A process for the tests of the lock: takes a folder and gives it back when told to. */

let release = async () => {};

process.on("message", async (told: { lock?: string }) => {
  if (told.lock === undefined) {
    await release();
    release = async () => {};
    process.send?.("gone");
    return;
  }
  try {
    release = await lockFolder(told.lock);
    process.send?.("got");
  } catch (error) {
    process.send?.((error as Error).message);
  }
});
process.send?.("ready");
