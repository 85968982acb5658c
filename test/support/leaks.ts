import { inspect } from "node:util";

const each = (text: string, as: (code: number, i: number) => string) =>
  [...text].map((c, i) => as(c.charCodeAt(0), i)).join("");
const hex = (code: number, digits = 2) => code.toString(16).padStart(digits, "0");

/** A secret as it may stand in headers: as it is, in a URL's escapes, as an HTML entity, in hexadecimal digits, in base64. */
export function headerForms(secret: string): string[] {
  return [
    secret,
    secret.toUpperCase(),
    each(secret, (code) => `%${hex(code)}`),
    each(secret, (code) => `%25${hex(code).toUpperCase()}`),
    each(secret, (code, i) => (i % 3 ? String.fromCharCode(code) : `%${hex(code)}`)),
    Buffer.from(secret).toString("hex"),
    each(secret, (code) => `&#${code};`),
    each(secret, (code, i) => (i % 2 ? `&#x${hex(code, 4)};` : String.fromCharCode(code))),
    ...["", "a", "bc"].flatMap((before) =>
      (["base64", "base64url"] as const).map((form) => Buffer.from(`${before}${secret}:x`).toString(form)),
    ),
    `https://user:${secret}@example.com/?token=${secret}`,
  ];
}

/** A secret as it may stand between the quotes of a JSON string, raw. */
export function jsonForms(secret: string): string[] {
  const base64 = Buffer.from(`b${secret}`).toString("base64");
  return [
    ...headerForms(secret),
    each(secret, (code) => `\\u00${hex(code)}`),
    each(secret, (code) => `\\u00${hex(code).toUpperCase()}`),
    each(secret, (code, i) => (i % 2 ? `\\u00${hex(code)}` : String.fromCharCode(code))),
    each(
      secret,
      (code, i) => [`\\u00${hex(code)}`, `%${hex(code)}`, `&#${code};`, String.fromCharCode(code)][i % 4] ?? "",
    ),
    each(secret, (code) => `\\\\u00${hex(code)}`),
    each(secret, (code) => `${String.fromCharCode(code)}\\u0000`),
    each(secret, (code) => `\\u0000\\u00${hex(code)}`),
    each(secret, (code) => `\\u0025${hex(code)}`),
    each(base64, (code, i) => (i % 2 ? `\\u00${hex(code)}` : String.fromCharCode(code))),
    base64.replaceAll("/", "\\/"),
  ];
}

/** Everything that can be seen of a value, hidden fields included. */
export function seenOf(value: unknown): string {
  return inspect(value, {
    depth: Number.POSITIVE_INFINITY,
    maxStringLength: Number.POSITIVE_INFINITY,
    maxArrayLength: 5000,
    showHidden: true,
  });
}

/** Pieces of ten characters of a secret that can be had from a text, however they are encoded in it. */
export function leaksIn(text: string, secret: string): string[] {
  const pieces = Array.from({ length: secret.length - 9 }, (_, i) => secret.slice(i, i + 10).toLowerCase());
  const views = [text];
  for (let view = text, round = 0; round < 7; round++) {
    view = view
      .replace(/\\+u([\da-f]{4})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
      .replace(/%([\da-f]{2})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
      .replace(/&#x([\da-f]+);/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
      .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
      .replace(/\\+\//g, "/")
      .replaceAll("\0", "");
    views.push(view);
  }
  const decoded = views.flatMap((view) =>
    [...view.matchAll(/[\w+/-]{12,}/g)].flatMap(([run]) =>
      [0, 1, 2, 3].map((shift) => Buffer.from(run.slice(shift), "base64").toString("latin1")),
    ),
  );
  const digits = views.flatMap((view) =>
    [...view.matchAll(/[\da-f]{16,}/gi)].map(([run]) => Buffer.from(run, "hex").toString("latin1")),
  );
  const all = [...views, ...decoded, ...digits].join("\n").toLowerCase();
  return pieces.filter((piece) => all.includes(piece));
}
