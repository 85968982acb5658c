import { Webhook } from "standardwebhooks";

/** One message to send: where, how, and what. */
export interface Message {
  url: string;
  method: "POST" | "PUT";
  body: string;
  headers: Record<string, string>;
}

/**
 * The headers that sign a webhook, as Svix sends them.
 * @param id of the message; the same in all tries
 * @param secret `whsec_` and the key in base64
 * @param body the very bytes that are sent
 */
export function svixHeaders(id: string, secret: string, body: string): Record<string, string> {
  const now = new Date();
  return {
    "svix-id": id,
    "svix-timestamp": String(Math.floor(now.getTime() / 1000)),
    "svix-signature": new Webhook(secret).sign(id, now, body),
  };
}

/**
 * Sends one message once. A redirect is not followed: the receiver is who the user named.
 * @param signal ends the try; a try also ends by itself after 15 s
 * @returns the HTTP status of the answer
 * @throws when there is none
 */
export async function send(message: Message, signal: AbortSignal): Promise<number> {
  const response = await fetch(message.url, {
    method: message.method,
    headers: { "content-type": "application/json", ...message.headers },
    body: message.body,
    redirect: "manual",
    signal: AbortSignal.any([signal, AbortSignal.timeout(15_000)]),
  });
  await response.body?.cancel();
  return response.status;
}
