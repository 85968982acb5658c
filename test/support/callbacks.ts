import { Webhook } from "standardwebhooks";
import { callbackAddress, callbackSecret } from "../../src/callbacks/address";
import helper from "./helper";

/** The address of an account with the key `key`, below the test's own server unless another base is given. */
export function addressOf(account: string, base: string = helper.url()): string {
  return callbackAddress(base, account, callbackSecret("key", account));
}

/** Posts JSON as Gladia would. */
export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fetch(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: text });
}

export const SECRET = `whsec_${Buffer.from("0123456789abcdef01234567").toString("base64")}`;

/** The headers of a signed webhook; `at`: the sender's clock. */
export function signed(body: unknown, options: { id?: string; at?: Date; secret?: string; names?: string } = {}) {
  const { id = `msg_${Math.random()}`, at = new Date(), secret = SECRET, names = "svix" } = options;
  return {
    [`${names}-id`]: id,
    [`${names}-timestamp`]: String(Math.floor(at.getTime() / 1000)),
    [`${names}-signature`]: new Webhook(secret).sign(id, at, JSON.stringify(body)),
  };
}
