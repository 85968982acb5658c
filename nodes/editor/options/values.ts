export { isObject } from "../../../src/options/merge";
