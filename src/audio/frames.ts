/** Bit rates in kbit/s by version and layer, for the numbers 1 to 14 (ISO/IEC 11172-3, 13818-3). */
const RATES = {
  v1l1: [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  v1l2: [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  v1l3: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  v2l1: [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  v2l23: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
const SAMPLES = [44_100, 48_000, 32_000];

interface Frame {
  extension: "mp3" | "mp2" | "aac";
  /** In bytes. */
  length: number;
  /** What stays the same from frame to frame. */
  constant: number;
}

/** The MPEG audio or ADTS frame that begins here. */
function frameAt(bytes: Buffer, at: number): Frame | undefined {
  if (bytes[at] !== 0xff || at + 6 > bytes.length) return undefined;
  const [, b1 = 0, b2 = 0, b3 = 0, b4 = 0, b5 = 0] = bytes.subarray(at, at + 6);
  if ((b1 & 0xf6) === 0xf0) {
    const length = ((b3 & 3) << 11) | (b4 << 3) | (b5 >> 5);
    return ((b2 >> 2) & 15) < 13 && length > 7 ? { extension: "aac", length, constant: b2 & 0xfc } : undefined;
  }
  const [version, layer, rate, sample] = [(b1 >> 3) & 3, 4 - ((b1 >> 1) & 3), b2 >> 4, (b2 >> 2) & 3];
  if ((b1 & 0xe0) !== 0xe0 || version === 1 || layer === 4 || rate === 0 || rate === 15 || sample === 3) {
    return undefined;
  }
  const first = version === 3;
  const table = first ? (`v1l${layer}` as "v1l1") : layer === 1 ? "v2l1" : "v2l23";
  const bits = (RATES[table][rate - 1] ?? 0) * 1000;
  const hertz = (SAMPLES[sample] ?? 1) / (first ? 1 : version === 2 ? 2 : 4);
  const pad = (b2 >> 1) & 1;
  const length =
    layer === 1
      ? (Math.floor((12 * bits) / hertz) + pad) * 4
      : Math.floor(((layer === 3 && !first ? 72 : 144) * bits) / hertz) + pad;
  return { extension: layer === 3 ? "mp3" : "mp2", length, constant: (b1 & 0xfe) * 256 + (b2 & 0x0c) };
}

/** How many frames of one kind stand in a row from here; `whole`: they reach the end of these bytes. */
function countFrames(bytes: Buffer, start: number): { frame: Frame | undefined; count: number; whole: boolean } {
  const frame = frameAt(bytes, start);
  let count = 0;
  let at = start;
  for (let next = frame; next && next.constant === frame?.constant; next = frameAt(bytes, at)) {
    count++;
    at += next.length;
    if (count === 4) break;
  }
  return { frame, count, whole: count > 0 && at + 6 > bytes.length };
}

/**
 * MPEG audio without a container, by frames that follow each other. `guess`: a single header that something else may
 * have by chance. `isSingle`: so may this one, but its frame goes on beyond these bytes. Zeros before it, and other bytes where many
 * frames follow, are passed over.
 */
export function mpegAudio(head: Buffer): { extension: string; guess: boolean; isSingle: boolean } | undefined {
  let start = 0;
  while (start < head.length && head[start] === 0) start++;
  const { frame, count, whole } = countFrames(head, start);
  if (frame) {
    const isLong = whole && start === 0;
    return { extension: frame.extension, guess: count < 2 && !isLong, isSingle: count < 2 && isLong };
  }
  for (let at = head.indexOf(0xff, start); at >= 0 && at < head.length; at = head.indexOf(0xff, at + 1)) {
    const found = countFrames(head, at);
    if (found.frame && found.count >= 3) return { extension: found.frame.extension, guess: false, isSingle: false };
  }
  return undefined;
}

/** Packets of an MPEG transport stream begin with the same byte: each 188 bytes, or 192 on discs, or 204. */
export function isTransportStream(head: Buffer): "ts" | "m2ts" | undefined {
  for (const [start, step] of [
    [0, 188],
    [4, 192],
    [0, 204],
  ] as const) {
    const places = Math.floor((head.length - 1 - start) / step) + 1;
    if (places < 3) continue;
    let all = true;
    for (let n = 0; n < places; n++) all &&= head[start + n * step] === 0x47;
    if (all) return step === 192 ? "m2ts" : "ts";
  }
  return undefined;
}
