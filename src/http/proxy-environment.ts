/** Proxy settings by their names in lower case, as Node-RED's `proxyOptions` and the environment have them. */
export type ProxyVariables = Readonly<Record<string, string>>;

/** Node-RED's setting `proxyOptions` (settings.js), as its own nodes read it. */
export interface ProxyRules {
  mode?: string;
  favourUpperCase?: boolean;
  lowerCaseOnly?: boolean;
  excludeNpm?: boolean;
  env?: Record<string, string | undefined>;
}

const NAMES = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"];
const NPM = ["npm_config_http_proxy", "npm_config_https_proxy", "npm_config_proxy", "npm_config_no_proxy"];

/** The variables that choose a proxy. In lower case they count before those in upper case. */
export function proxyVariables(rules: ProxyRules = {}, environment = process.env): ProxyVariables {
  const env = rules.env ?? environment;
  const mode = environment["NR_PROXY_MODE"] ?? environment["nr_proxy_mode"] ?? rules.mode ?? "strict";
  const found: Record<string, string> = { mode };
  for (const name of [...NAMES, ...(rules.excludeNpm ? [] : NPM)]) {
    const [lower, upper] = [env[name], rules.lowerCaseOnly ? undefined : env[name.toUpperCase()]];
    const value = rules.favourUpperCase || mode === "legacy" ? upper || lower : lower || upper;
    if (value) found[name] = value;
  }
  return found;
}

const PORTS: Record<string, string> = { "http:": "80", "https:": "443" };

/**
 * The proxy for a URL, by the rules of Node-RED's own http request node: the variable of the URL's scheme, then
 * `all_proxy`; an address without a scheme gets the URL's. In its mode `legacy`, `http_proxy` is for all.
 * @returns undefined when it is reached without a proxy
 */
export function proxyFor({ protocol, hostname, port, href }: URL, variables: ProxyVariables): string | undefined {
  const listed = variables["npm_config_no_proxy"] || variables["no_proxy"] || "";
  if (variables["mode"] === "legacy") {
    const names = (variables["no_proxy"] ?? "").split(",").map((name) => name.trim());
    return names.some((name) => name && href.includes(name)) ? undefined : variables["http_proxy"];
  }
  if (bypasses(hostname, port || PORTS[protocol] || "", listed.toLowerCase())) return undefined;
  const scheme = protocol.slice(0, -1);
  const proxy =
    variables[`npm_config_${scheme}_proxy`] ||
    variables[`${scheme}_proxy`] ||
    variables["npm_config_proxy"] ||
    variables["all_proxy"];
  return proxy && !proxy.includes("://") ? `${scheme}://${proxy}` : proxy;
}

/** Whether a no-proxy list names a host: `host`, `.domain`, `*.domain`, each also with a port, or `*`. */
function bypasses(hostname: string, port: string, list: string): boolean {
  return list.split(/[,\s]+/).some((entry) => {
    const [, name = "", only] = /^(.+?)(?::(\d+))?$/.exec(entry) ?? [];
    if (!name || (only && only !== port)) return false;
    return /^[.*]/.test(name) ? hostname.endsWith(name.replace(/^\*/, "")) : hostname === name;
  });
}
