type SharedOptions = typeof import("./node-form");

const ID = "gladia-options";

/** Offers the option form to the dialogs of the other nodes, so that only the account's script has to carry it. */
export function shareOptions(shared: SharedOptions): void {
  RED.plugins.registerPlugin(ID, shared);
}

/** The option form; nothing while the account's node is switched off in the palette. */
export function sharedOptions(): SharedOptions | undefined {
  return RED.plugins.getPlugin(ID) as SharedOptions | undefined;
}
