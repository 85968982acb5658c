import type { NodeAPI } from "node-red";
import { fill, type GladiaError, type TextKey, type TextParams } from "../../src/errors";
import english from "../../src/texts.json";

const PACKAGE = "@speechflows/node-red-gladia";

/** The values are put in here, where the English text may stand in. */
const WITHOUT_VALUES = { skipInterpolation: true } as unknown as Record<string, string>;

/** A template from the catalogue of a node; undefined where it is not there. */
function templateIn(RED: NodeAPI, type: string, key: string): string | undefined {
  const template = RED._(`${PACKAGE}/${type}:${type}.${key}`, WITHOUT_VALUES);
  // A catalogue that is not there gives the key back.
  return template && !template.endsWith(key) ? template : undefined;
}

/** A text in the language of Node-RED's server; English where the catalogue lacks it. */
export function translate(RED: NodeAPI, key: TextKey, params: TextParams): string {
  const templateOf = (name: TextKey) => templateIn(RED, "gladia-config", `errors.${name}`) ?? english[name];
  return fill(templateOf(key), params, templateOf);
}

/** What the dialog of a node calls one of its settings, in the language of Node-RED's server. */
export function labelOf(RED: NodeAPI, type: string, setting: string): string {
  const [own, shared] = [type, "gladia-config"].map((name) => templateIn(RED, name, `label.${setting}`));
  return own ?? shared ?? setting;
}

/** Puts an error's message into the language of Node-RED's server. */
export function translateError(RED: NodeAPI, error: GladiaError): GladiaError {
  error.message = translate(RED, error.key, error.params);
  return error;
}
