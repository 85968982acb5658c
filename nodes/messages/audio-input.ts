import type { Node, NodeAPI } from "node-red";
import { type AudioSettings, isRepeatable, takesChunks } from "./audio";
import { Chunks } from "./chunks";
import { type Handler, onInput } from "./input";

/** Handles the messages of a node that takes audio, as `onInput` does; the pieces of a file are put together first. */
export function onAudioInput(
  RED: NodeAPI,
  node: Node,
  settings: AudioSettings & { config?: string },
  handle: Handler,
): void {
  const chunks = new Chunks(node);
  onInput(RED, node, {
    config: settings.config,
    handle,
    repeatable: (msg) => !chunks.owns(msg) && isRepeatable(RED, settings, msg),
    intercept: (incoming, run) => takesChunks(settings) && chunks.take(incoming, run, handle),
  });
}
