// What the benchmark shares with the tests, which are TypeScript.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
require("tsx/cjs");
export const { startBrowser } = require("../../test/support/browser.ts");
export const { Editor } = require("../../test/support/editor.ts");
export const { startNodeRed } = require("../../test/support/node-red-process.ts");
export const { OPTIONS } = require("../../src/options/schema.ts");
