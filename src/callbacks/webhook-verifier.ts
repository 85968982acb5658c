import type { IncomingHttpHeaders } from "node:http";
import type { Webhook } from "standardwebhooks";
import type { TextKey, TextParams } from "../errors";

/** Why a webhook is refused, as a text for people. */
interface Refusal {
  key: TextKey;
  params: TextParams;
}

/** Seconds by which the sender's clock and ours may differ; the library's own limit. */
const TOLERANCE = 5 * 60;

/** The headers of a signed webhook, under Svix' names or those of the Standard Webhooks. */
export function webhookHeader(
  headers: IncomingHttpHeaders,
  name: "id" | "timestamp" | "signature",
): string | undefined {
  return [headers[`svix-${name}`] ?? headers[`webhook-${name}`]].flat()[0];
}

/** Checks the signatures of an account's webhooks. */
export class WebhookVerifier {
  readonly #secret: string;
  #webhook: Promise<Webhook> | undefined;

  constructor(secret: string) {
    this.#secret = secret.trim();
  }

  /** Why this secret cannot be used; undefined when it can. */
  async fault(): Promise<Refusal | undefined> {
    try {
      await this.#open();
      return undefined;
    } catch {
      return { key: "callback-secret", params: {} };
    }
  }

  /** Why a webhook is not genuine; undefined when it is. `raw`: the bytes that came, undefined when they were too many. */
  async verify(headers: IncomingHttpHeaders, raw: Buffer | undefined): Promise<Refusal | undefined> {
    const [id, timestamp, signature] = [
      webhookHeader(headers, "id"),
      webhookHeader(headers, "timestamp"),
      webhookHeader(headers, "signature"),
    ];
    if (!id || !timestamp || !signature) return { key: "callback-unsigned", params: {} };
    const late = Math.floor(Date.now() / 1000) - Number(timestamp);
    const minutes = Math.round(Math.abs(late) / 60);
    if (late > TOLERANCE) return { key: "callback-old", params: { minutes } };
    if (late < -TOLERANCE) return { key: "callback-ahead", params: { minutes } };
    try {
      const webhook = await this.#open();
      const standard = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
      webhook.verify(raw ?? "", standard, { jsonParse: false });
      return undefined;
    } catch {
      return (await this.fault()) ?? { key: "callback-signature", params: {} };
    }
  }

  #open(): Promise<Webhook> {
    this.#webhook ??= import("standardwebhooks").then(({ Webhook }) => new Webhook(this.#secret));
    return this.#webhook;
  }
}
