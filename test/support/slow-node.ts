import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Adds a node type `slow` to a Node-RED that is not started yet: it passes messages on, and takes `closing` milliseconds
 * to close, as a node that says goodbye to a broker does. Deploys wait for it.
 */
export async function addSlowNode(userDir: string): Promise<void> {
  const folder = join(userDir, "nodes");
  await mkdir(folder, { recursive: true });
  const code = `module.exports = (RED) => {
    RED.nodes.registerType("slow", function (def) {
      RED.nodes.createNode(this, def);
      this.on("input", (msg, send, done) => { send(msg); done(); });
      this.on("close", (done) => setTimeout(done, Number(def.closing)));
    });
  };`;
  const form = `<script type="text/javascript">
    RED.nodes.registerType("slow", { category: "test", defaults: { name: {}, closing: {} }, inputs: 1, outputs: 1 });
  </script>`;
  await writeFile(join(folder, "slow.js"), code);
  await writeFile(join(folder, "slow.html"), form);
}
