import helper from "node-red-node-test-helper";

// The suite runs on any Node-RED: NODE_RED names a folder with another node_modules/node-red.
const other = process.env["NODE_RED"];
const red = require.resolve("node-red", other ? { paths: [other] } : undefined);
helper.init(red);

/** A node of Node-RED's own, of the version that the tests run on: `coreNode("storage/10-file")`. */
export const coreNode = (path: string) => require(require.resolve(`@node-red/nodes/core/${path}.js`, { paths: [red] }));

export default helper;
