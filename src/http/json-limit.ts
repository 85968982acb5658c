/** Levels of arrays and objects in one another. What comes of an answer is cloned by recursion further down the flow. */
export const MAX_DEPTH = 200;
/** Arrays and objects of one answer: a day of speech has about a million, and each takes up far more than its JSON. */
export const MAX_CONTAINERS = 5_000_000;

/** JSON that is refused although it may be well-formed. */
export class JsonLimit extends Error {
  constructor(readonly kind: "deep" | "many") {
    super(`The JSON is too ${kind === "deep" ? "deep" : "large"}`);
  }
}

/** How JSON is parsed that comes in pieces. */
export interface ParserOptions {
  /** Leaves links as they are, for answers whose links are used. */
  keepsLinks?: boolean | undefined;
  /** Puts null in place of what is large in the outermost array or object, 64 K characters or somewhat more, unparsed. */
  skipsLarge?: boolean;
  /** Values that all of it may have, large and small. */
  maxValues?: number;
}
