import type { Socket } from "node:net";
import type { Dispatcher } from "undici";
import { GladiaError, safeUrl } from "../errors";
import { openConnection } from "./connection";
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
  ca?: string | Buffer;
  cert?: string | Buffer;
  key?: string | Buffer;
  passphrase?: string;
  servername?: string;
  rejectUnauthorized?: boolean;
}

interface TransportOptions {
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

/** The connections of one account. Nothing process-wide is touched: each account has dispatchers of its own. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #variables: ProxyVariables;
  /** By the proxy's address, or by what stands for none. */
  readonly #dispatchers = new Map<string, Promise<Dispatcher>>();
  #closed = false;

  constructor(options: TransportOptions = {}) {
    this.#options = options;
    const { proxy, proxyRules } = options;
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
    const name = proxy ?? (publicOnly ? "public" : "direct");
    let dispatcher = this.#dispatchers.get(name);
    if (!dispatcher) {
      dispatcher = proxy === undefined ? this.#direct(publicOnly) : this.#proxied(proxy);
      this.#dispatchers.set(name, dispatcher);
    }
    return dispatcher;
  }

  /**
   * A connection to this origin for the caller alone, who ends it.
   * @throws GladiaError GLADIA_CONFIG for a proxy of the environment that is none; what the network says
   */
  async connect(origin: string): Promise<Socket> {
    const url = new URL(origin);
    const proxy = proxyFor(url, this.#variables);
    const tunnel = proxy === undefined ? undefined : new URL(this.#checkedProxy(proxy));
    const socket = await openConnection(await loadUndici(), url, this.#options.tls, tunnel, this.#proxyToken);
    if (!this.#closed) return socket;
    socket.destroy();
    throw new Error("The account was closed");
  }

  /** Ends every connection, running requests included; what `connect` gave is for whoever has it to end. */
  async close(): Promise<void> {
    this.#closed = true;
    const dispatchers = await Promise.allSettled(this.#dispatchers.values());
    await Promise.all(
      dispatchers.map((opened) => (opened.status === "fulfilled" ? opened.value.destroy() : undefined)),
    );
  }

  get #connect() {
    return { ...this.#options.tls, timeout: 10_000 };
  }

  async #direct(publicOnly: boolean): Promise<Dispatcher> {
    const { Agent } = await loadUndici();
    const connect = publicOnly ? { ...this.#connect, lookup: publicLookup } : this.#connect;
    return new Agent({ ...KEEP_ALIVE, connect });
  }

  async #proxied(address: string): Promise<Dispatcher> {
    const { ProxyAgent } = await loadUndici();
    const uri = this.#checkedProxy(address);
    const token = this.#proxyToken;
    const connect = this.#connect;
    return new ProxyAgent({ ...KEEP_ALIVE, uri, ...(token ? { token } : {}), requestTls: connect, proxyTls: connect });
  }

  /** @throws GladiaError GLADIA_CONFIG for what is no address of a proxy */
  #checkedProxy(address: string): string {
    if (/^https?:\/\/[^/]/i.test(address) && URL.canParse(address)) return address;
    const key = this.#options.proxy ? "config-proxy-address" : "config-proxy-environment";
    throw new GladiaError("GLADIA_CONFIG", key, { url: safeUrl(address) });
  }

  /** Value of `proxy-authorization`; undefined where the proxy wants none of the account. */
  get #proxyToken(): string | undefined {
    const { proxy } = this.#options;
    if (!proxy?.username) return undefined;
    return `Basic ${Buffer.from(`${proxy.username}:${proxy.password ?? ""}`).toString("base64")}`;
  }
}
