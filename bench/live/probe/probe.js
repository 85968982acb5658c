const { WebSocket } = require("ws");
const { speak } = require("../speak.cjs");

/** The microphones before a live node, or before the bare ws library. The admin API has them speak. */
module.exports = (RED) => {
  RED.nodes.registerType("bench-socket", function BenchSocket(definition) {
    RED.nodes.createNode(this, definition);
    const sockets = new Map();
    const start = async (topic) => {
      const answer = await fetch(`${definition.apiUrl}/v2/live`, { method: "POST", body: "{}" });
      const { url } = await answer.json();
      const socket = new WebSocket(url, { perMessageDeflate: false });
      socket.on("message", (data) => this.send([null, null, { topic, payload: JSON.parse(data) }]));
      sockets.set(topic, socket);
    };
    this.on("input", ({ topic, control, payload }, _send, done) => {
      if (control === "start") void start(topic);
      else if (control === "stop") sockets.get(topic).close(1000);
      else sockets.get(topic).send(payload);
      done();
    });
  });
  let microphone;
  RED.nodes.registerType("bench-live", function BenchLive(definition) {
    RED.nodes.createNode(this, definition);
    microphone = this;
  });
  RED.httpAdmin.post("/bench/live/run", async (request, response) => {
    const { told, ...task } = request.body;
    const open = (n) => {
      const topic = `speaker ${n}`;
      microphone.send({ topic, control: "start" });
      return {
        ready: new Promise((resolve) => setTimeout(resolve, 1500)),
        write: (payload) => microphone.send({ topic, payload }),
        end: () => microphone.send({ topic, control: "stop" }),
      };
    };
    const tell = (word) => fetch(told, { method: "POST", body: word }).then((answer) => answer.text());
    response.json(await speak(task, open, tell));
  });
};
