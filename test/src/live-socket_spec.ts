import { once } from "node:events";
import { createServer as createPlain, type IncomingMessage } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, connect, createServer as createTcp, type Server } from "node:net";
import type { Duplex } from "node:stream";
import should from "should";
import { WebSocketServer } from "ws";
import { Transport } from "../../src/http/transport";
import { LiveSocket } from "../../src/live/socket";
import { CERTIFICATE, SERVER_TLS } from "../support/slow-server";

const connections = (of: Server) => new Promise<number>((resolve) => of.getConnections((_, count) => resolve(count)));

const tls = { ca: CERTIFICATE };

describe("the socket of a live session", () => {
  const server = createServer(SERVER_TLS);
  const sockets = new WebSocketServer({ server });
  const proxied: { target: string; authorization: string | undefined }[] = [];
  const proxy = createPlain();
  let url: string;
  let proxyUrl: string;
  let transport: Transport | undefined;

  before(async () => {
    sockets.on("connection", (socket) => socket.on("message", (data) => socket.send(String(data))));
    proxy.on("connect", (request: IncomingMessage, near: Duplex) => {
      const authorization = request.headers["proxy-authorization"];
      proxied.push({ target: request.url ?? "", authorization });
      if (!authorization) {
        near.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
        return;
      }
      const far = connect((server.address() as AddressInfo).port, "127.0.0.1", () => {
        near.write("HTTP/1.1 200 OK\r\n\r\n");
        far.pipe(near).pipe(far);
      });
      near.on("error", () => {}).on("close", () => far.destroy());
      far.on("error", () => {}).on("close", () => near.destroy());
    });
    await Promise.all([server, proxy].map((it) => new Promise<void>((resolve) => it.listen(0, "127.0.0.1", resolve))));
    url = `wss://localhost:${(server.address() as AddressInfo).port}/v2/live?token=t`;
    proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });
  afterEach(() => transport?.close());
  after(async () => {
    should(await connections(server)).equal(0);
    should(await connections(proxy)).equal(0);
    await Promise.all([server, proxy].map((it) => new Promise((resolve) => it.close(resolve))));
  });

  /** Says a word, waits for it to come back, and closes. */
  const talk = async (by: Transport) => {
    transport = by;
    const heard: string[] = [];
    const socket: LiveSocket = new LiveSocket(by, url, {
      onOpen: () => socket.send("word"),
      onText: (bytes) => {
        heard.push(String(bytes));
        socket.close();
      },
      onAlive: () => {},
    });
    return { heard, ...(await socket.closed) };
  };

  it("trusts what the account trusts, and nothing else", async () => {
    should(await talk(new Transport({ tls }))).have.properties({ heard: ["word"], wasOpen: true, code: 1000 });
    const { wasOpen, error } = await talk(new Transport());
    should(wasOpen).equal(false);
    should((error as { code?: string }).code).match(/SELF_SIGNED|UNABLE_TO_VERIFY/);
  });

  it("goes through the account's proxy, with its name and password", async () => {
    const { host } = new URL(url);
    const known = { url: proxyUrl, username: "me", password: "pass" };
    should(await talk(new Transport({ tls, proxy: known }))).have.properties({ heard: ["word"], code: 1000 });
    const authorization = `Basic ${Buffer.from("me:pass").toString("base64")}`;
    should(proxied.at(-1)).eql({ target: host, authorization });
    const { wasOpen, error } = await talk(new Transport({ tls, proxy: { url: proxyUrl } }));
    should(wasOpen).equal(false);
    should(error?.message).containEql("407");
  });

  it("goes through the proxy of the environment", async () => {
    const address = proxyUrl.replace("//", "//you:word@");
    const rules = { env: { https_proxy: address } };
    should(await talk(new Transport({ tls, proxyRules: rules }))).have.properties({ heard: ["word"], code: 1000 });
    should(proxied.at(-1)?.authorization).equal(`Basic ${Buffer.from("you:word").toString("base64")}`);
  });

  for (const [what, through] of [
    ["a server", false],
    ["a proxy", true],
  ] as const) {
    it(`does not wait for ${what} that is mute when it is closed`, async () => {
      const mute = createTcp((near) => near.on("error", () => {}).resume());
      await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
      const address = `127.0.0.1:${(mute.address() as AddressInfo).port}`;
      const by = new Transport(through ? { tls, proxy: { url: `http://${address}` } } : { tls });
      transport = by;
      const to = through ? url : `wss://${address}/v2/live?token=t`;
      const socket = new LiveSocket(by, to, { onOpen: () => {}, onText: () => {}, onAlive: () => {} });
      await once(mute, "connection");
      socket.close();
      should((await socket.closed).wasOpen).equal(false);
      while ((await connections(mute)) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => mute.close(resolve));
    }).timeout(5000);
  }

  it("leaves no connection when it is closed while it connects", async () => {
    const by = new Transport({ tls });
    transport = by;
    const socket = new LiveSocket(by, url, { onOpen: () => {}, onText: () => {}, onAlive: () => {} });
    socket.close();
    should((await socket.closed).wasOpen).equal(false);
  });
});
