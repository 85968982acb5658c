/**
 * A character as JSON, a URL or HTML may write it, and the zeros of UTF-16 that was read as another encoding. The
 * repetitions are bounded, so that no text makes it slow.
 */
const ENCODED =
  /\0{1,8}|\\{1,8}(?:u([\da-f]{4})|x([\da-f]{2})|(["'/]))|%([\da-f]{2})|&(?:#(?:x0{0,6}([\da-f]{1,6})|0{0,6}(\d{1,7}))|(amp|quot|apos|lt|gt));?/g;
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
  ["lt", "<"],
  ["gt", ">"],
]);

/** A text in lower case with fewer encodings, and where each of its characters begins in the original. */
export interface View {
  text: string;
  starts: Int32Array | undefined;
}

export type Span = [start: number, end: number];

/** A place of a view as one of the original. */
export function spanOf({ text, starts }: View, start: number, end: number, isBase64: boolean): Span {
  const isMore = (at: number) => isBase64 && /^[a-z\d+/_-]$/.test(text[at] ?? "");
  const from = isMore(start - 1) ? start - 1 : start;
  const to = isMore(end) ? end + 1 : end;
  return [starts?.[from] ?? from, starts?.[to] ?? to];
}

/** A view with one layer of encodings less; undefined where there is none. */
export function decode({ text, starts }: View): View | undefined {
  if (!["\\", "%", "&", "\0"].some((mark) => text.includes(mark))) return undefined;
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
    last = match.index + all.length;
    if (all.startsWith("\0")) continue;
    plain += lower(character);
    next[size++] = starts?.[match.index] ?? match.index;
  }
  if (!next) return undefined;
  copy(next, text.length);
  next[size] = starts?.[text.length] ?? text.length;
  return { text: plain, starts: next };
}

/** In lower case, of the same length. */
export function lower(text: string): string {
  const all = text.toLowerCase();
  return all.length === text.length ? all : text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
