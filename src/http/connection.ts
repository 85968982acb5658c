import type { Socket } from "node:net";
import type { TlsOptions } from "./transport";

/** Milliseconds until a connection is given up that is not established. */
const CONNECT = 10_000;

/** The way to an origin. */
interface Route {
  tls: TlsOptions | undefined;
  /** One in between. */
  proxy: URL | undefined;
  /** Value of `proxy-authorization`; default: by the user and password of the proxy's address. */
  token?: string | undefined;
  proxyTls?: TlsOptions | undefined;
  /** Nobody waits for it any more. */
  signal: AbortSignal;
}

/**
 * A connection to an origin, with TLS where it is https.
 * @throws what undici and the network say, the signal's reason
 */
export async function openConnection(undici: typeof import("undici"), origin: URL, route: Route): Promise<Socket> {
  const { protocol, hostname, host } = origin;
  const { tls, proxy, signal } = route;
  const port = origin.port || (protocol === "https:" ? "443" : "80");
  signal.throwIfAborted();
  const through = proxy && (await openTunnel(undici, proxy, `${hostname}:${port}`, route));
  if (through && protocol !== "https:") return through;
  const connector = undici.buildConnector({ ...tls, timeout: CONNECT, allowH2: false } as never);
  const target = { protocol, hostname: bare(hostname), host, port, ...(through ? { httpSocket: through } : {}) };
  return new Promise((resolve, reject) => {
    const abort = () => connecting.destroy(signal.reason);
    // It gives the socket that connects; its types do not say so.
    const connecting = connector(target as never, (error, socket) => {
      signal.removeEventListener("abort", abort);
      if (socket) return resolve(socket as Socket);
      through?.destroy();
      reject(error);
    }) as unknown as Socket;
    signal.addEventListener("abort", abort, { once: true });
  });
}

/** IPv6 addresses stand in brackets in URLs alone. */
const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, "");

const basic = ({ username, password }: URL) =>
  `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64")}`;

async function openTunnel(
  { Client }: typeof import("undici"),
  address: URL,
  target: string,
  { tls, proxyTls = tls, token = address.username ? basic(address) : undefined, signal }: Route,
): Promise<Socket> {
  const proxy = new Client(address.origin, { connect: { ...proxyTls, timeout: CONNECT } as never });
  try {
    const headers = { host: target, ...(token ? { "proxy-authorization": token } : {}) };
    const ends = AbortSignal.any([AbortSignal.timeout(CONNECT), signal]);
    const { statusCode, socket } = await proxy.connect({ path: target, headers, signal: ends });
    if (statusCode === 200) return socket as Socket;
    socket.destroy();
    throw new Error(`the proxy answers ${statusCode}`);
  } finally {
    void (signal.aborted ? proxy.destroy() : proxy.close());
  }
}
