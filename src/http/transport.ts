import { rootCertificates } from "node:tls";
import type { Dispatcher } from "undici";
import { GladiaError, safeUrl } from "../errors";
import { type ProxyRules, type ProxyVariables, proxyFor, proxyVariables } from "./proxy-environment";
import { checkPublicHost, publicLookup } from "./public-network";

/**
 * undici, loaded when it is first asked for: a palette without a deployed account costs Node-RED nothing. Loading it holds
 * the event loop, so it is worth asking before the first request.
 */
export function loadUndici(): Promise<typeof import("undici")> {
  return import("undici");
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
  ca?: string | Buffer | (string | Buffer)[];
  cert?: string | Buffer;
  key?: string | Buffer;
  passphrase?: string;
  servername?: string;
  rejectUnauthorized?: boolean;
}

interface TransportOptions {
  /** The account's address: the client certificate is shown there, and nowhere else. */
  apiUrl?: string | undefined;
  proxy?: ProxyOptions | undefined;
  tls?: TlsOptions | undefined;
  /** How the environment chooses a proxy where `proxy` is not given. */
  proxyRules?: ProxyRules | undefined;
}

export interface RouteOptions {
  /** Only hosts on the internet: each address of a name is looked at, and the connection goes to one of these. */
  publicOnly?: boolean;
}

// Polls come every 1 to 15 s; undici's own 4 s would open a connection for each.
const KEEP_ALIVE = { keepAliveTimeout: 30_000, keepAliveMaxTimeout: 60_000, connections: 64, allowH2: false };
const PATIENCE = { timeout: 10_000 };

/** The connections of one account. Nothing process-wide is touched: each account has dispatchers of its own. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #variables: ProxyVariables;
  readonly #origin: string | undefined;
  /** By the proxy's address, or by what stands for none, and by whether it goes to the account's address. */
  readonly #dispatchers = new Map<string, Promise<Dispatcher>>();
  #closed = false;

  constructor(options: TransportOptions = {}) {
    this.#options = options;
    const { proxy, proxyRules, apiUrl = "" } = options;
    this.#origin = URL.canParse(apiUrl) ? new URL(apiUrl).origin : undefined;
    this.#variables = proxy
      ? { http_proxy: proxy.url, https_proxy: proxy.url, no_proxy: (proxy.noProxy ?? []).join(",") }
      : proxyVariables(proxyRules);
  }

  /**
   * The dispatcher for this origin (`https://host:port`). With `publicOnly` behind a proxy, the name is looked up here
   * once and then again by the proxy, which nobody here can see: a name that is not known here is refused.
   * @throws GladiaError GLADIA_CONFIG for a proxy of the environment that is none, GLADIA_AUDIO for a host that is not public
   */
  async dispatcher(origin: string, { publicOnly = false }: RouteOptions = {}): Promise<Dispatcher> {
    const url = new URL(origin);
    const proxy = proxyFor(url, this.#variables);
    if (publicOnly) await checkPublicHost(url, proxy !== undefined);
    if (this.#closed) {
      throw new Error("The account was closed");
    }
    const isOwn = url.origin === this.#origin;
    const name = `${proxy ?? (publicOnly ? "public" : "direct")} ${isOwn}`;
    let dispatcher = this.#dispatchers.get(name);
    if (!dispatcher) {
      const tls = isOwn ? this.#options.tls : trustOf(this.#options.tls);
      dispatcher = proxy === undefined ? this.#direct(publicOnly, tls) : this.#proxied(proxy, tls);
      this.#dispatchers.set(name, dispatcher);
    }
    return dispatcher;
  }

  /** Ends every connection, running requests included. */
  async close(): Promise<void> {
    this.#closed = true;
    const dispatchers = await Promise.allSettled(this.#dispatchers.values());
    await Promise.all(
      dispatchers.map((opened) => (opened.status === "fulfilled" ? opened.value.destroy() : undefined)),
    );
  }

  async #direct(publicOnly: boolean, tls: TlsOptions | undefined): Promise<Dispatcher> {
    const { Agent } = await loadUndici();
    const connect = { ...tls, ...PATIENCE, ...(publicOnly ? { lookup: publicLookup } : {}) };
    return new Agent({ ...KEEP_ALIVE, connect });
  }

  async #proxied(address: string, tls: TlsOptions | undefined): Promise<Dispatcher> {
    const { ProxyAgent } = await loadUndici();
    const { proxy, tls: own } = this.#options;
    if (!/^https?:\/\/[^/]/i.test(address) || !URL.canParse(address)) {
      if (proxy) throw new GladiaError("GLADIA_CONFIG", "config-proxy-address", { url: safeUrl(address) });
      throw new GladiaError("GLADIA_CONFIG", "config-proxy-environment", { url: safeUrl(address) });
    }
    const token = proxy?.username
      ? { token: `Basic ${Buffer.from(`${proxy.username}:${proxy.password ?? ""}`).toString("base64")}` }
      : {};
    const requestTls = { ...tls, ...PATIENCE };
    const proxyTls = { ...own, ...PATIENCE };
    return new ProxyAgent({ ...KEEP_ALIVE, uri: address, ...token, requestTls, proxyTls });
  }
}

/** What the account's settings say about whom to trust, for other hosts than its own: no certificate, no name of a server. */
function trustOf({ ca, rejectUnauthorized }: TlsOptions = {}): TlsOptions {
  return {
    ...(ca === undefined ? {} : { ca: [...rootCertificates, ca].flat() }), // an authority of one's own vouches for few of them
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
}
