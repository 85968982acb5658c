import type { Dispatcher } from "undici";
import { loadGently } from "../gentle-load";

let loading: Promise<unknown> | undefined;

/**
 * undici, loaded when it is first asked for: a palette without a deployed account costs Node-RED nothing. That takes many
 * short turns of the event loop, so it is worth asking before the first request.
 * @throws what `require` throws
 */
export async function loadUndici(): Promise<typeof import("undici")> {
  loading ??= loadGently(require.resolve("undici")).catch(() => {}); // what follows says what is wrong
  await loading;
  return require("undici");
}

/** A proxy between here and Gladia. */
export interface ProxyOptions {
  /** `http://host:port` or `https://host:port` */
  url: string;
  username?: string;
  password?: string;
  /** Hosts reached without the proxy: `host`, `.domain`, `host:port` or `*`. */
  noProxy?: string[];
}

/** What Node's TLS takes, as Node-RED's own TLS configuration gives it: PEM texts. */
export interface TlsOptions {
  ca?: string | Buffer;
  cert?: string | Buffer;
  key?: string | Buffer;
  passphrase?: string;
  servername?: string;
  rejectUnauthorized?: boolean;
}

export interface TransportOptions {
  proxy?: ProxyOptions | undefined;
  tls?: TlsOptions | undefined;
}

// Polls come every 1 to 15 s; undici's own 4 s would open a connection for each.
const KEEP_ALIVE = { keepAliveTimeout: 30_000, keepAliveMaxTimeout: 60_000, connections: 64, allowH2: false };

/** The connections of one account. Nothing process-wide is touched: each account has a dispatcher of its own. */
export class Transport {
  readonly #options: TransportOptions;
  #dispatchers: Promise<{ proxied: Dispatcher; direct: Dispatcher }> | undefined;
  #closed = false;

  constructor(options: TransportOptions = {}) {
    this.#options = options;
  }

  /** The dispatcher for this origin (`https://host:port`). */
  async dispatcher(origin: string): Promise<Dispatcher> {
    if (this.#closed) {
      throw new Error("The account was closed");
    }
    this.#dispatchers ??= this.#open();
    const { proxied, direct } = await this.#dispatchers;
    return bypasses(origin, this.#options.proxy?.noProxy) ? direct : proxied;
  }

  /** Ends every connection, running requests included. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#dispatchers) {
      const { proxied, direct } = await this.#dispatchers;
      await Promise.all([...new Set([proxied, direct])].map((dispatcher) => dispatcher.destroy()));
    }
  }

  async #open(): Promise<{ proxied: Dispatcher; direct: Dispatcher }> {
    const { Agent, EnvHttpProxyAgent, ProxyAgent } = await loadUndici();
    const { proxy, tls } = this.#options;
    const connect = { ...tls, timeout: 10_000 };
    if (proxy) {
      const token = proxy.username
        ? { token: `Basic ${Buffer.from(`${proxy.username}:${proxy.password ?? ""}`).toString("base64")}` }
        : {};
      const proxied = new ProxyAgent({
        ...KEEP_ALIVE,
        uri: proxy.url,
        ...token,
        requestTls: connect,
        proxyTls: connect,
      });
      return { proxied, direct: new Agent({ ...KEEP_ALIVE, connect }) };
    }
    const env = process.env;
    const fromEnvironment = env["HTTPS_PROXY"] ?? env["https_proxy"] ?? env["HTTP_PROXY"] ?? env["http_proxy"];
    const agent = fromEnvironment
      ? new EnvHttpProxyAgent({ ...KEEP_ALIVE, connect, requestTls: connect })
      : new Agent({ ...KEEP_ALIVE, connect });
    return { proxied: agent, direct: agent };
  }
}

/** Whether a no-proxy list names this origin. */
function bypasses(origin: string, list: string[] = []): boolean {
  if (list.length === 0) return false;
  const { hostname, host } = new URL(origin);
  return list.some((entry) => {
    const name = entry.trim().toLowerCase().replace(/^\*\./, ".");
    if (name === "*" || name === hostname || name === host) {
      return true;
    }
    return name.startsWith(".") && hostname.endsWith(name);
  });
}
