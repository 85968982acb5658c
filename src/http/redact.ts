import { hideCredentials, MASK, mayHoldCredentials } from "./credentials";
import { decode, lower, type Span, spanOf, type View } from "./encodings";

/** A shorter text is no secret: the local engine takes keys such as "any", which are words of ordinary answers, too. */
const SHORTEST = 8;
/** Of a longer secret, so much at least is taken out also where the rest is missing: half of it, but this many characters. */
const PART = 12;
/** Encodings within one another that are seen through (`%25256b` has three). */
const ROUNDS = 5;
/** Characters that one character of a secret may take up when it is encoded (`\\\\\\\\u006b`, `&#x0000006b;`). */
const WIDEST = 16;

interface Needle {
  /** What is looked for: the first part of a secret, as a text may end within it. */
  text: string;
  /** All of it; as much as is there is taken out. */
  whole: string;
  /** Its first and last character hold a part of what stands beside the secret. */
  isBase64: boolean;
}

/**
 * Takes secrets out of what others say: as they are, in any mixture of JSON's, URLs' and HTML's escapes, in any case, in
 * UTF-16, as hexadecimal digits and within base64. All of it takes time in proportion to the text, whatever the text is.
 */
export class Redactor {
  readonly #secrets: readonly (string | undefined)[];
  readonly #needles: readonly Needle[];
  /** Characters that a secret may have in a text: the end of a text that was cut may hold the beginning of one. */
  readonly reach: number;

  /**
   * @param secrets keys, passwords and the like; those of fewer than 8 characters are no secrets. Of a longer one the
   *   first half is as secret as all of it.
   */
  constructor(secrets: Iterable<string | undefined> = []) {
    this.#secrets = [...secrets];
    const needles = new Map<string, Needle>();
    for (const secret of this.#secrets) for (const needle of needlesOf(secret)) needles.set(needle.text, needle);
    this.#needles = [...needles.values()];
    this.reach = WIDEST * Math.max(0, ...this.#needles.map(({ whole }) => whole.length + 2));
  }

  /** One that takes another secret out, too. */
  and(secret: string | undefined): Redactor {
    return new Redactor([...this.#secrets, secret]);
  }

  /** A text for people without the secrets, and without what is secret in the URLs of it. */
  redact(text: string): string {
    return hideCredentials(this.mask(text));
  }

  /** A text without the secrets. */
  mask(text: string): string {
    return replace(text, this.find(text));
  }

  /** Where secrets are in a text, in order and apart from each other. */
  find(text: string): Span[] {
    const spans: Span[] = [];
    this.#look(text, (span) => spans.push(span) < 0);
    spans.sort(([a], [b]) => a - b);
    const apart: Span[] = [];
    for (const span of spans) {
      const last = apart.at(-1);
      if (last && span[0] <= last[1]) last[1] = Math.max(last[1], span[1]);
      else apart.push(span);
    }
    return apart;
  }

  /**
   * Data without the secrets, in the values and in the names of fields; of values that are links, without their secret
   * parts either. It works on the data itself, which nobody else may hold yet; depth does not matter.
   * @param say what is done to a string; default: as above
   */
  redactDeep<T>(value: T, say: (text: string) => string = (text) => this.#datum(text)): T {
    if (typeof value === "string") return say(value) as T;
    const open: object[] = value !== null && typeof value === "object" ? [value] : [];
    for (let holder = open.pop(); holder; holder = open.pop()) {
      const fields = holder as Record<string, unknown>;
      let isRenamed = false;
      for (const name of Object.keys(fields)) {
        const inner = fields[name];
        if (typeof inner === "string") {
          const said = say(inner);
          if (said !== inner) put(fields, name, said);
        } else if (inner !== null && typeof inner === "object") open.push(inner);
        if (!isRenamed && name.length >= SHORTEST && !Array.isArray(holder)) isRenamed = this.mask(name) !== name;
      }
      if (isRenamed) this.#rename(fields);
    }
    return value;
  }

  /** What `redactDeep` makes of a value whose JSON is known: where that holds nothing to take out, it is left alone. */
  redactJson<T>(value: T, json: string, keepsLinks = false): T {
    const hasLinks = !keepsLinks && mayHoldCredentials(json);
    if (!hasLinks && !this.#look(json, () => true)) return value;
    return this.redactDeep(value, keepsLinks ? (text) => this.mask(text) : undefined);
  }

  /** The first characters of a text without the secrets. `isCut`: it went on, so that a secret may be cut off at its end. */
  beginning(text: string, isCut: boolean, length: number): string {
    const spans = this.find(text);
    let end = isCut ? Math.max(0, text.length - this.reach) : text.length;
    for (const span of spans) if (span[0] < end && span[1] > end) [end] = span;
    const whole = replace(
      text.slice(0, end),
      spans.filter((span) => span[1] <= end),
    );
    return hideCredentials(whole).trim().slice(0, length);
  }

  #datum(text: string): string {
    const masked = text.length < SHORTEST ? text : this.mask(text);
    return /^[a-z][a-z\d+.-]{0,30}:\/\/\S*$/i.test(masked) ? hideCredentials(masked) : masked;
  }

  #rename(fields: Record<string, unknown>): void {
    const entries = Object.entries(fields);
    for (const [name] of entries) delete fields[name];
    for (const [name, value] of entries) put(fields, this.mask(name), value);
  }

  /** Tells of each secret in a text, until it is told to stop. @returns whether it was */
  #look(text: string, onFound: (span: Span) => boolean): boolean {
    if (this.#needles.length === 0) return false;
    let view: View | undefined = { text: lower(text), starts: undefined };
    for (let round = 0; view && round <= ROUNDS; round++) {
      for (const needle of this.#needles) {
        const { text, whole, isBase64 } = needle;
        for (let at = view.text.indexOf(text), end = 0; at >= 0; at = view.text.indexOf(text, end)) {
          end = at + text.length;
          while (end - at < whole.length && view.text[end] === whole[end - at]) end++;
          if (onFound(spanOf(view, at, end, isBase64))) return true;
        }
      }
      view = decode(view);
    }
    return false;
  }
}

function* needlesOf(given = ""): Generator<Needle> {
  const secret = given.trim().replace(/^whsec_/, "");
  if (secret.length < SHORTEST) return;
  const bytes = Buffer.from(secret);
  for (const text of [
    secret,
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll(" ", "+"),
    bytes.toString("latin1"),
    bytes.toString("hex"),
  ]) {
    yield needle(text, false);
  }
  for (const before of [0, 1, 2]) {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]);
    for (const encoding of ["base64", "base64url"] as const) {
      const text = whole.toString(encoding).slice(Math.ceil((before * 4) / 3), Math.floor((whole.length * 4) / 3));
      yield needle(text, true);
    }
  }
}

function needle(text: string, isBase64: boolean): Needle {
  const whole = lower(text);
  return { text: whole.slice(0, Math.max(PART, Math.ceil(whole.length / 2))), whole, isBase64 };
}

function replace(text: string, spans: readonly Span[]): string {
  let result = "";
  let last = 0;
  for (const [start, end] of spans) {
    result += text.slice(last, start) + MASK;
    last = end;
  }
  return last === 0 ? text : result + text.slice(last);
}

/** Sets a field, also one whose name means something to JavaScript. */
function put(fields: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(fields, name, { value, writable: true, enumerable: true, configurable: true });
}
