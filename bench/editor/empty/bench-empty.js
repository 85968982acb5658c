/**
 * Throw-away nodes whose dialogs have a name and nothing else, and a way to say something to all editors:
 * POST /bench/tell { topic, data }.
 */
module.exports = (RED) => {
  for (const type of ["bench-empty", "bench-empty-config"]) {
    RED.nodes.registerType(type, function Empty(definition) {
      RED.nodes.createNode(this, definition);
    });
  }
  RED.httpAdmin.post("/bench/tell", (request, response) => {
    const { topic, data } = request.body;
    RED.comms.publish(topic, data);
    response.sendStatus(204);
  });
};
