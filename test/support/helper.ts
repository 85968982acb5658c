import helper from "node-red-node-test-helper";

// The suite runs on any Node-RED: NODE_RED names a folder with another node_modules/node-red.
const other = process.env["NODE_RED"];
helper.init(require.resolve("node-red", other ? { paths: [other] } : undefined));

export default helper;
