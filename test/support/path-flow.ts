/** What the flow below sends. */
export interface Ended {
  n: number;
  text?: string;
  code?: string;
}

/** Http in (`{n, path}`) -> transcribe -> the address, with the text or the error's code. */
export function pathFlow(apiUrl: string, sink: string, account: object = {}): Record<string, unknown>[] {
  const at = { z: "t", x: 100, y: 100 };
  const change = (id: string, rules: [string, string, string?][], wires: string[]) => ({
    ...at,
    id,
    type: "change",
    rules: rules.map(([p, to, tot = "msg"]) => ({ t: "set", p, pt: "msg", to, tot })),
    wires: [wires],
  });
  const read: [string, string][] = [
    ["n", "payload.n"],
    ["payload", "payload.path"],
  ];
  return [
    { id: "t", type: "tab", label: "paths" },
    { id: "acc", type: "gladia-config", apiUrl, ...account },
    { ...at, id: "in", type: "http in", url: "/go", method: "post", wires: [["read"]] },
    change("read", read, ["tr", "ok"]),
    { ...at, id: "ok", type: "http response", statusCode: "202", wires: [] },
    { ...at, id: "tr", type: "gladia-transcribe", config: "acc", paths: "yes", wires: [["say"], []] },
    change("say", [["payload", '{"n": n, "text": payload}', "jsonata"]], ["post"]),
    { ...at, id: "catch", type: "catch", scope: ["tr"], wires: [["fail"]] },
    change("fail", [["payload", '{"n": n, "code": error.code}', "jsonata"]], ["post"]),
    { ...at, id: "post", type: "http request", method: "POST", url: sink, ret: "txt", wires: [[]] },
  ];
}

/** Sends the path of a recording into the flow of a Node-RED. */
export async function sendPath(url: string, n: number, path: string): Promise<void> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/go`, { method: "POST", headers, body: JSON.stringify({ n, path }) });
  if (answer.status !== 202) throw new Error(`The flow answered ${answer.status}`);
}
