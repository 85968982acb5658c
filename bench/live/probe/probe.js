const { speak } = require("../speak.cjs");

/** The microphones before a live node. The admin API has them speak. */
module.exports = (RED) => {
  let microphone;
  RED.nodes.registerType("bench-live", function BenchLive(definition) {
    RED.nodes.createNode(this, definition);
    microphone = this;
  });
  RED.httpAdmin.post("/bench/live/run", async (request, response) => {
    const { sessions, seconds, told } = request.body;
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
    response.json(await speak({ sessions, seconds }, open, tell));
  });
};
