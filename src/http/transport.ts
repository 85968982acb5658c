import type { Socket } from "node:net";
import { rootCertificates } from "node:tls";
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
    const name = `${proxy ?? (publicOnly ? "public" : "direct")} ${url.origin === this.#origin}`;
    let dispatcher = this.#dispatchers.get(name);
    if (!dispatcher) {
      const tls = this.#tlsFor(url);
      dispatcher = proxy === undefined ? this.#direct(publicOnly, tls) : this.#proxied(proxy, tls);
      this.#dispatchers.set(name, dispatcher);
    }
    return dispatcher;
  }

  /**
   * A connection to this origin for the caller alone, who ends it.
   * @throws GladiaError GLADIA_CONFIG for a proxy of the environment that is none; what the network says; the signal's reason
   */
  async connect(origin: string, signal: AbortSignal): Promise<Socket> {
    const url = new URL(origin);
    const proxy = proxyFor(url, this.#variables);
    const socket = await openConnection(await loadUndici(), url, {
      tls: this.#tlsFor(url),
      proxy: proxy === undefined ? undefined : new URL(this.#checkedProxy(proxy)),
      token: this.#proxyToken,
      proxyTls: this.#options.tls,
      signal,
    });
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

  #tlsFor({ origin }: URL): TlsOptions | undefined {
    return origin === this.#origin ? this.#options.tls : trustOf(this.#options.tls);
  }

  async #direct(publicOnly: boolean, tls: TlsOptions | undefined): Promise<Dispatcher> {
    const { Agent } = await loadUndici();
    const connect = { ...tls, ...PATIENCE, ...(publicOnly ? { lookup: publicLookup } : {}) };
    return new Agent({ ...KEEP_ALIVE, connect });
  }

  async #proxied(address: string, tls: TlsOptions | undefined): Promise<Dispatcher> {
    const { ProxyAgent } = await loadUndici();
    const uri = this.#checkedProxy(address);
    const token = this.#proxyToken;
    const requestTls = { ...tls, ...PATIENCE };
    const proxyTls = { ...this.#options.tls, ...PATIENCE };
    return new ProxyAgent({ ...KEEP_ALIVE, uri, ...(token ? { token } : {}), requestTls, proxyTls });
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

/** What the account's settings say about whom to trust, for other hosts than its own: no certificate, no name of a server. */
function trustOf({ ca, rejectUnauthorized }: TlsOptions = {}): TlsOptions {
  return {
    ...(ca === undefined ? {} : { ca: [...rootCertificates, ca].flat() }), // an authority of one's own vouches for few of them
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
}
