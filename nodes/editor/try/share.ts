import type { openTry } from "./panel";

/** What the sidebar's script offers to dialogs, so that only one script has to carry it. */
interface SharedTry {
  openTry: typeof openTry;
}

const ID = "gladia-sidebar";

/** The "Try it" of dialogs; nothing while the sidebar is not there. */
export function sharedTry(): SharedTry | undefined {
  return RED.plugins.getPlugin(ID) as SharedTry | undefined;
}
