/** What stands where a secret was. */
const MASK = "***";
/** A shorter text is no secret: the local engine takes keys such as "any", which are words of ordinary answers, too. */
const SHORTEST = 8;
/** Of a longer secret, so much at least is taken out also where the rest is missing: half of it, but this many characters. */
const PART = 12;
/** Encodings within one another that are seen through (`%25256b` has three). */
const ROUNDS = 5;
/** Characters that one character of a secret may take up when it is encoded (`\\\\\\\\u006b`, `&#x0000006b;`). */
const WIDEST = 16;

/** A character as JSON, a URL or HTML may write it. The repetitions are bounded, so that no text makes it slow. */
const ENCODED =
  /\\{1,8}(?:u([\da-f]{4})|x([\da-f]{2})|(["'/]))|%([\da-f]{2})|&(?:#(?:x0{0,6}([\da-f]{1,6})|0{0,6}(\d{1,7}))|(amp|quot|apos|lt|gt));?/g;
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
  ["lt", "<"],
  ["gt", ">"],
]);

/** A text in lower case with fewer encodings, and where each of its characters begins in the original. */
interface View {
  text: string;
  starts: Int32Array | undefined;
}

interface Needle {
  /** What is looked for: the first part of a secret, as a text may end within it. */
  text: string;
  /** All of it; as much as is there is taken out. */
  whole: string;
  /** Its first and last character hold a part of what stands beside the secret. */
  isBase64: boolean;
}

type Span = [start: number, end: number];

/**
 * Takes secrets out of what others say: as they are, in any mixture of JSON's, URLs' and HTML's escapes, in any case, and
 * within base64. All of it takes time in proportion to the text, whatever the text is.
 */
export class Redactor {
  readonly #needles: readonly Needle[];
  /** Characters that a secret may have in a text: the end of a text that was cut may hold the beginning of one. */
  readonly reach: number;

  /**
   * @param secrets keys, passwords and the like; those of fewer than 8 characters are no secrets. Of a longer one the
   *   first half is as secret as all of it.
   */
  constructor(secrets: Iterable<string | undefined> = []) {
    const needles = new Map<string, Needle>();
    for (const secret of secrets) for (const needle of needlesOf(secret)) needles.set(needle.text, needle);
    this.#needles = [...needles.values()];
    this.reach = WIDEST * Math.max(0, ...this.#needles.map(({ whole }) => whole.length + 2));
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
    const hasLinks = !keepsLinks && /:\\{0,8}\//.test(json);
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

/** A text without what is secret in its URLs: users with their passwords, tokens in the query, the tokens of Telegram's bots. */
export function hideCredentials(text: string): string {
  if (!/[:/]|%3a/i.test(text)) return text;
  return text
    .replace(/(:\\{0,8}\/\\{0,8}\/)[^\s/?#@"'<>\\]{1,1000}@/g, `$1${MASK}@`)
    .replace(
      /([?&;][\w.-]{0,40}(?:token|key|secret|passwd|password|pwd|signature|sig|auth|authorization|credential|credentials)=)[^&#\s"'<>\\]{1,4000}/gi,
      `$1${MASK}`,
    )
    .replace(/\/bot\d{1,20}(?::|%3a)[\w-]{1,200}/gi, `/bot${MASK}`);
}

/** What is secret about a proxy: its password, wherever it is written, and those that this process was started with. */
export function proxySecrets(proxy?: { url: string; password?: string }, env = process.env): string[] {
  const names = ["http_proxy", "https_proxy", "all_proxy"].flatMap((name) => [name, name.toUpperCase()]);
  const urls = [proxy?.url, ...names.map((name) => env[name])];
  return [proxy?.password, ...urls.map((url) => url && passwordOf(url))].filter((secret) => secret !== undefined);
}

/** The password in a URL; undefined where there is none. */
function passwordOf(url: string): string | undefined {
  const text = url.includes("://") ? url : `http://${url}`;
  if (!URL.canParse(text)) return undefined;
  const { password } = new URL(text);
  try {
    return decodeURIComponent(password) || undefined;
  } catch {
    return password;
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

/** A place of a view as one of the original. */
function spanOf({ text, starts }: View, start: number, end: number, isBase64: boolean): Span {
  const isMore = (at: number) => isBase64 && /^[a-z\d+/_-]$/.test(text[at] ?? "");
  const from = isMore(start - 1) ? start - 1 : start;
  const to = isMore(end) ? end + 1 : end;
  return [starts?.[from] ?? from, starts?.[to] ?? to];
}

/** A view with one layer of encodings less; undefined where there is none. */
function decode({ text, starts }: View): View | undefined {
  let next: Int32Array | undefined;
  let size = 0;
  let last = 0;
  let plain = "";
  const copy = (map: Int32Array, end: number) => {
    plain += text.slice(last, end);
    for (let at = last; at < end; at++) map[size++] = starts?.[at] ?? at;
  };
  for (const match of text.matchAll(ENCODED)) {
    const [all, u, x, escaped, percent, hex, decimal, entity] = match;
    const code = u ?? x ?? percent ?? hex;
    const number = code === undefined ? Number(decimal) : Number.parseInt(code, 16);
    const character =
      escaped ?? ENTITIES.get(entity ?? "") ?? (number <= 0xffff ? String.fromCharCode(number) : "\ufffd");
    next ??= new Int32Array(text.length + 1);
    copy(next, match.index);
    plain += lower(character);
    next[size++] = starts?.[match.index] ?? match.index;
    last = match.index + all.length;
  }
  if (!next) return undefined;
  copy(next, text.length);
  next[size] = starts?.[text.length] ?? text.length;
  return { text: plain, starts: next };
}

/** In lower case, of the same length. */
function lower(text: string): string {
  const all = text.toLowerCase();
  return all.length === text.length ? all : text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
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
