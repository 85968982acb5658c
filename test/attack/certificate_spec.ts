import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import should from "should";
import { wav } from "../support/engine";
import { Flow, type Msg } from "../support/flow";
import { coreNode } from "../support/helper";

const tlsConfig = coreNode("network/05-tls");

const [cert, key] = ["cert", "key"].map((name) => readFileSync(join(__dirname, `../support/tls/${name}.pem`), "utf8"));

/** What came to a server: whether with a client certificate, and for which server name. */
interface Shown {
  path: string;
  certificate: boolean;
  servername: string | false;
}

describe("a client certificate of the account", () => {
  const open: Server[] = [];
  afterEach(() => Flow.stop());
  after(() => {
    for (const server of open) {
      server.closeAllConnections();
      server.close();
    }
  });

  const serve = async (answer: (path: string) => { status?: number; location?: string; body?: unknown }) => {
    const shown: Shown[] = [];
    const server = createServer({ cert, key, requestCert: true, rejectUnauthorized: false }, (request, response) => {
      request.resume();
      const socket = request.socket as TLSSocket;
      const certificate = Object.keys(socket.getPeerCertificate()).length > 0;
      const path = request.url ?? "";
      shown.push({ path, certificate, servername: socket.servername ?? false });
      const { status = 200, location, body } = answer(path);
      response.writeHead(status, location ? { location } : {});
      response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body ?? {}));
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    open.push(server);
    return { shown, url: `https://localhost:${(server.address() as AddressInfo).port}` };
  };

  for (const verify of [true, false]) {
    it(`is shown to the account's server alone, links and redirects aside (verify: ${verify})`, async () => {
      const foreign = await serve(() => ({ body: wav() }));
      const own = await serve((path) =>
        path === "/moved"
          ? { status: 302, location: `${foreign.url}/behind` }
          : { body: { audio_url: `${own.url}/file/1`, audio_metadata: {} } },
      );
      const tls = {
        id: "tls",
        type: "tls-config",
        verifyservercert: verify,
        servername: "localhost",
        cert: "",
        key: "",
        ca: "",
      };
      const account = { apiUrl: own.url, tls: "tls" };
      const secrets = { tls: { certdata: cert, keydata: key, cadata: cert } };
      const flow = await Flow.start([{ type: "gladia-upload", fetch: true }], account, {}, [tlsConfig], [tls], secrets);
      const links: Msg[] = [{ payload: `${foreign.url}/link` }, { payload: `${own.url}/moved` }];
      const { caught } = await flow.run(...links);
      should(caught).be.empty();
      should(own.shown.map(({ path }) => path).sort()).eql(["/moved", "/v2/upload", "/v2/upload"]);
      should(own.shown.every(({ certificate }) => certificate)).be.true();
      should(foreign.shown.map(({ path }) => path).sort()).eql(["/behind", "/link"]);
      should(foreign.shown.filter(({ certificate }) => certificate)).be.empty();
    });
  }
});
