import type { Node, NodeAPI } from "node-red";
import { GladiaError } from "../../src/errors";
import type { ProxyOptions, TlsOptions } from "../../src/http/transport";
import { textSetting } from "./settings";

/** The core `http proxy` node with this id. @throws GladiaError GLADIA_CONFIG when it is gone */
export function proxyOf(RED: NodeAPI, node: Node, id: string | undefined): ProxyOptions | undefined {
  if (!id) return undefined;
  const proxy = RED.nodes.getNode(id) as (Node & { url?: string; noproxy?: string[] }) | null;
  if (proxy?.type !== "http proxy" || !proxy.url) throw new GladiaError("GLADIA_CONFIG", "config-proxy");
  const { username, password } = (proxy.credentials ?? {}) as { username?: string; password?: string };
  return {
    url: textSetting(RED, node, "proxy", proxy.url),
    noProxy: proxy.noproxy ?? [],
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
  };
}

/** The core `tls-config` node with this id. @throws GladiaError GLADIA_CONFIG when it is gone */
export function tlsOf(RED: NodeAPI, id: string | undefined): TlsOptions | undefined {
  if (!id) return undefined;
  const tls = RED.nodes.getNode(id) as (Node & { addTLSOptions?: (options: TlsOptions) => TlsOptions }) | null;
  if (tls?.type !== "tls-config" || !tls.addTLSOptions) throw new GladiaError("GLADIA_CONFIG", "config-tls");
  return tls.addTLSOptions({});
}
