// A live server that takes each chunk, notes how old it is and acknowledges it. Told by messages to begin and to tell.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

let delays = [];
const server = createServer(async (request, response) => {
  for await (const _ of request);
  const { port } = server.address();
  response.writeHead(201, { "content-type": "application/json" });
  response.end(
    JSON.stringify({ id: crypto.randomUUID(), url: `ws://127.0.0.1:${port}/v2/live?token=${crypto.randomUUID()}` }),
  );
});
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on("connection", (socket) => {
  let bytes = 0;
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => {
    if (!isBinary) {
      const { type } = JSON.parse(data);
      if (type === "stop_recording") socket.close(1000);
      return;
    }
    delays.push(Number(process.hrtime.bigint() - data.readBigInt64LE(0)) / 1e6);
    const from = bytes;
    bytes += data.length;
    const range = [from, bytes];
    socket.send(JSON.stringify({ type: "audio_chunk", acknowledged: true, error: null, data: { byte_range: range } }));
  });
});
process.on("message", (word) => {
  if (word === "begin") delays = [];
  else if (word === "tell") process.send({ delays });
});
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
