import { randomUUID } from "node:crypto";
import { GladiaError } from "../errors";
import { networkFailure } from "../http/failure";
import { loadUndici, type Transport } from "../http/transport";

/**
 * Asks this Node-RED under its public address, as Gladia would.
 * @param address with its secret, which is in no error
 * @param arrived tells whether the request with this mark has come in here
 * @throws GladiaError that says what came instead
 */
export async function probeAddress(
  transport: Transport,
  address: string,
  base: string,
  seconds: number,
  arrived: (mark: string) => boolean,
): Promise<void> {
  const { request } = await loadUndici();
  const mark = randomUUID();
  let status: number;
  try {
    const answer = await request(`${address}?probe=${mark}`, {
      method: "GET",
      dispatcher: await transport.dispatcher(new URL(address).origin),
      signal: AbortSignal.timeout(seconds * 1000),
    });
    await answer.body.dump();
    status = answer.statusCode;
  } catch (error) {
    const noAnswer = { key: "reason-no-answer", params: { seconds } } as const;
    const failure = networkFailure(error, "GET", base);
    const reason = (error as Error).name === "TimeoutError" ? noAnswer : String(failure.params["reason"]);
    throw new GladiaError("GLADIA_NETWORK", "callback-unreachable", { url: base, reason }, { retryable: true });
  }
  if (status !== 204) {
    throw new GladiaError("GLADIA_NETWORK", "callback-elsewhere", { url: base, status }, { status, retryable: true });
  }
  if (!arrived(mark)) {
    throw new GladiaError("GLADIA_NETWORK", "callback-other", { url: base }, { status });
  }
}
