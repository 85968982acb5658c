import should from "should";
import { type ProxyRules, proxyFor, proxyVariables } from "../../src/http/proxy-environment";
import { Transport } from "../../src/http/transport";

// As Node-RED's own request node finds it: the two must not differ.
const { getProxyForUrl } = require(
  require.resolve("@node-red/nodes/core/network/lib/proxyHelper.js", { paths: [require.resolve("node-red")] }),
) as { getProxyForUrl(url: string, options?: object): string };

describe("a proxy of the environment", () => {
  const urls = [
    "http://api.gladia.io/v2",
    "https://api.gladia.io/v2",
    "http://127.0.0.1:8778/",
    "https://[::1]:8443/x",
  ];
  const cases: [string, Record<string, string>, ProxyRules?][] = [
    ["nothing", {}],
    ["HTTP_PROXY without a scheme", { HTTP_PROXY: "proxy.test:3128" }],
    ["HTTP_PROXY with one", { HTTP_PROXY: "http://proxy.test:3128" }],
    ["https_proxy", { https_proxy: "http://proxy.test:3128" }],
    ["HTTPS_PROXY without a scheme", { HTTPS_PROXY: "proxy.test:3128" }],
    ["all_proxy", { all_proxy: "http://all.test:1" }],
    ["ALL_PROXY without a scheme", { ALL_PROXY: "all.test:1" }],
    ["lower and upper case", { http_proxy: "http://low:1", HTTP_PROXY: "http://up:2" }],
    ["upper case by setting", { http_proxy: "http://low:1", HTTP_PROXY: "http://up:2" }, { favourUpperCase: true }],
    ["lower case alone by setting", { HTTP_PROXY: "http://up:2" }, { lowerCaseOnly: true }],
    ["npm's", { npm_config_proxy: "http://npm:1", all_proxy: "http://all:1" }],
    ["npm's for one scheme", { npm_config_https_proxy: "http://npm:1", https_proxy: "http://h:1" }],
    ["npm's left out", { npm_config_proxy: "http://npm:1" }, { excludeNpm: true }],
    ["no_proxy with the host", { all_proxy: "http://p:1", no_proxy: "other, api.gladia.io" }],
    ["NO_PROXY with a domain", { all_proxy: "http://p:1", NO_PROXY: ".gladia.io" }],
    ["no_proxy with a star", { all_proxy: "http://p:1", no_proxy: "*.gladia.io 127.0.0.1" }],
    ["no_proxy with ports", { all_proxy: "http://p:1", no_proxy: "api.gladia.io:443,127.0.0.1:8778" }],
    ["no_proxy with all", { all_proxy: "http://p:1", no_proxy: "*" }],
    ["no_proxy that only looks like it", { all_proxy: "http://p:1", no_proxy: "gladia.io,pi.gladia.io" }],
    ["the old way", { HTTP_PROXY: "http://p:1", NO_PROXY: "127.0" }, { mode: "legacy" }],
  ];
  for (const [what, env, rules = {}] of cases) {
    it(`is chosen as Node-RED does with ${what}`, () => {
      for (const url of urls) {
        const ours = proxyFor(new URL(url), proxyVariables({ ...rules, env }, {})) ?? "";
        should(ours).equal(getProxyForUrl(url, { ...rules, env }), url);
      }
    });
  }

  for (const address of ["socks5://127.0.0.1:1080", "http://", "http://a b:1"]) {
    it(`is refused with the variable's names when it is ${address}`, async () => {
      const transport = new Transport({ proxyRules: { env: { all_proxy: address } } });
      await should(transport.dispatcher("https://api.gladia.io")).rejectedWith({
        code: "GLADIA_CONFIG",
        message: /HTTPS_PROXY/,
      });
      await transport.close();
    });
  }
});
