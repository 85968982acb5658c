import type { Node } from "node-red";

/** What stands under a Wyoming node: that it listens, that somebody speaks, or what went wrong last. */
export class WyomingStatus {
  readonly #node: Node;
  #speaking = 0;
  #isListening = false;
  #failure: string | undefined;
  #isClosed = false;

  constructor(node: Node) {
    this.#node = node;
  }

  /** @param failure the code of why it cannot */
  listening(isListening: boolean, failure?: string): void {
    this.#isListening = isListening;
    this.#failure = failure;
    this.#show();
  }

  begun(): void {
    this.#speaking++;
    this.#failure = undefined;
    this.#show();
  }

  ended(): void {
    this.#speaking--;
    this.#show();
  }

  failed(code: string): void {
    this.#failure = code;
    this.#show();
  }

  /** The node closes: its successor has a status of its own. */
  close(): void {
    this.#isClosed = true;
    this.#node.status({});
  }

  #show(): void {
    if (this.#isClosed) return;
    if (this.#speaking > 0) this.#node.status({ fill: "blue", shape: "dot", text: this.#key("hearing") });
    else if (this.#failure) this.#node.status({ fill: "red", shape: "ring", text: this.#failure });
    else if (this.#isListening) this.#node.status({ fill: "green", shape: "ring", text: this.#key("listening") });
    else this.#node.status({});
  }

  #key(name: string): string {
    return `${this.#node.type}.status.${name}`;
  }
}
