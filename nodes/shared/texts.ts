import type { NodeAPI } from "node-red";
import { fill, type GladiaError, type TextKey, type TextParams } from "../../src/errors";
import english from "../../src/texts.json";

const CATALOGUE = "@speechflows/node-red-gladia/gladia-config:gladia-config.errors.";

/** The values are put in here, where the English text may stand in. */
const WITHOUT_VALUES = { skipInterpolation: true } as unknown as Record<string, string>;

/** A text in the language of Node-RED's server; English where the catalogue lacks it. */
export function translate(RED: NodeAPI, key: TextKey, params: TextParams): string {
  const template = RED._(CATALOGUE + key, WITHOUT_VALUES);
  // A catalogue that is not there gives the key back.
  return fill(template && !template.endsWith(`errors.${key}`) ? template : english[key], params);
}

/** Puts an error's message into the language of Node-RED's server. */
export function translateError(RED: NodeAPI, error: GladiaError): GladiaError {
  const params = { ...error.params };
  if (error.details.length > 0) {
    params["faults"] = error.details.map((detail) => translate(RED, detail.key, detail.params)).join("; ");
  }
  error.message = translate(RED, error.key, params);
  return error;
}
