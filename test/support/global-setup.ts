import { hasBrowser, startBrowser } from "./browser";

/** Unpacks the browser before the tests: mocha's processes, side by side, would start it while another writes it. */
export async function mochaGlobalSetup(): Promise<void> {
  if (!hasBrowser()) await (await startBrowser()).close();
}
