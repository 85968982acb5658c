const { readFileSync } = require("node:fs");
const { measure } = require("./measure.js");

/**
 * A throw-away node, first and last of the measured flow: POST /bench/run sends messages off, takes the figures of this
 * process until they have come back, and answers with them.
 */
module.exports = (RED) => {
  let probe;
  let arrived = () => {};

  RED.nodes.registerType("bench-probe", function Probe(definition) {
    RED.nodes.createNode(this, definition);
    probe = this;
    this.on("input", (msg, _send, done) => {
      arrived(msg);
      done();
    });
  });

  /** One message through the flow: the upload's address, or what went wrong. */
  const through = (waiting, payload) => {
    const { resolve, promise } = deferred();
    const bench = RED.util.generateId();
    waiting.set(bench, resolve);
    probe.send({ payload, bench });
    return promise;
  };

  RED.httpAdmin.post("/bench/run", (request, response) => {
    const { path, url, buffer = false, times = 1, together = 1 } = request.body;
    const waiting = new Map();
    arrived = (msg) => {
      waiting.get(msg.bench)?.(
        msg.error ? { error: msg.error.message } : { url: msg.payload?.audio_url ?? String(msg.payload) },
      );
      waiting.delete(msg.bench);
    };
    const payload = buffer ? readFileSync(path) : (url ?? path);
    const work = async () => {
      let answers = [];
      for (let n = 0; n < times; n++) {
        answers = await Promise.all(Array.from({ length: together }, () => through(waiting, payload)));
        const failed = answers.find(({ error }) => error);
        if (failed) return failed;
      }
      return answers[0];
    };
    measure(work).then(
      (figures) => response.json(figures),
      (error) => response.status(500).send(String(error)),
    );
  });
};

function deferred() {
  let resolve;
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
