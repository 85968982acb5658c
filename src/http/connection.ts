import type { Socket } from "node:net";
import type { TlsOptions } from "./transport";

/** Milliseconds until a connection is given up that is not established. */
const CONNECT = 10_000;

/**
 * A connection to an origin, with TLS where it is https.
 * @param proxy one in between
 * @param token value of `proxy-authorization`; default: by the user and password of the proxy's address
 * @throws what undici and the network say
 */
export async function openConnection(
  undici: typeof import("undici"),
  origin: URL,
  tls: TlsOptions | undefined,
  proxy: URL | undefined,
  token = proxy?.username ? basic(proxy) : undefined,
  proxyTls = tls,
): Promise<Socket> {
  const { protocol, hostname, host } = origin;
  const port = origin.port || (protocol === "https:" ? "443" : "80");
  const through = proxy && (await openTunnel(undici, proxy, token, `${hostname}:${port}`, proxyTls));
  if (through && protocol !== "https:") return through;
  const connector = undici.buildConnector({ ...tls, timeout: CONNECT, allowH2: false } as never);
  const target = { protocol, hostname: bare(hostname), host, port, ...(through ? { httpSocket: through } : {}) };
  return new Promise((resolve, reject) => {
    connector(target as never, (error, socket) => {
      if (socket) return resolve(socket as Socket);
      through?.destroy();
      reject(error);
    });
  });
}

/** IPv6 addresses stand in brackets in URLs alone. */
const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, "");

const basic = ({ username, password }: URL) =>
  `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64")}`;

async function openTunnel(
  { Client }: typeof import("undici"),
  address: URL,
  token: string | undefined,
  target: string,
  tls: TlsOptions | undefined,
): Promise<Socket> {
  const proxy = new Client(address.origin, { connect: { ...tls, timeout: CONNECT } as never });
  try {
    const headers = { host: target, ...(token ? { "proxy-authorization": token } : {}) };
    const { statusCode, socket } = await proxy.connect({ path: target, headers, signal: AbortSignal.timeout(CONNECT) });
    if (statusCode === 200) return socket as Socket;
    socket.destroy();
    throw new Error(`the proxy answers ${statusCode}`);
  } finally {
    void proxy.close();
  }
}
