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
