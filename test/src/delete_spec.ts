import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import should from "should";
import { GladiaClient } from "../../src/client";
import { Transport } from "../../src/http/transport";

describe("the deletion of a job", () => {
  type Step = "lost" | "silent" | number;
  /** What the server does, one after another. */
  let steps: Step[];
  let transport: Transport;
  let apiUrl: string;

  const act = (step: Step | undefined, response: ServerResponse) => {
    if (step === "lost") response.destroy();
    else if (step !== "silent") response.writeHead(step ?? 404, { "retry-after": "0" }).end("{}");
  };
  const server = createServer((_request, response) => act(steps.shift(), response));
  const remove = async (...all: Step[]) => {
    steps = all;
    const more = { timeout: all.includes("silent") ? 0.3 : 60, retries: 5, product: "Test/1", transport };
    await new GladiaClient({ apiUrl, apiKey: "key", ...more }).delete("a-job");
    should(steps).be.empty();
  };

  before((done) => {
    server.listen(0, "127.0.0.1", () => {
      apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      transport = new Transport({});
      done();
    });
  });
  after(async () => {
    await transport.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it("is done when it is not found after an answer that was lost", () => remove("lost", 404));

  it("is done when it is not found after no answer in time", () => remove("silent", 404));

  it("is done when it is not found after a lost answer and a busy server", () => remove("lost", 503, 404));

  for (const [name, ...all] of [
    ["at once", 404],
    ["after too many requests", 429, 404],
    ["after a failure of the server", 500, 404],
  ] as [string, ...number[]][]) {
    it(`tells of a job that is not found ${name}`, () =>
      should(remove(...all)).be.rejectedWith({ code: "GLADIA_NOT_FOUND" }));
  }

  it("tells of a job that is not found when nothing was sent before", async () => {
    steps = [404];
    const refused = createServer();
    await new Promise<void>((resolve) => refused.listen(0, "127.0.0.1", resolve));
    const { port } = refused.address() as AddressInfo;
    await new Promise((resolve) => refused.close(resolve));
    const more = { timeout: 60, retries: 8, product: "Test/1", transport };
    const client = new GladiaClient({ apiUrl: `http://127.0.0.1:${port}`, apiKey: "key", ...more });
    const deletion = client.delete("a-job");
    const late = createServer((_request, response) => void response.writeHead(404).end("{}"));
    await new Promise<void>((resolve) => setTimeout(() => late.listen(port, "127.0.0.1", resolve), 50));
    try {
      await should(deletion).be.rejectedWith({ code: "GLADIA_NOT_FOUND" });
    } finally {
      late.closeAllConnections();
      await new Promise((resolve) => late.close(resolve));
    }
  });
});
