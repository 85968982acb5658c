/** Fewer bytes are masked one by one. */
const FEW = 16;
/** One key in the order of this machine's bytes. */
const bytesOfWord = new Uint8Array(4);
const words = new Int32Array(bytesOfWord.buffer);

/**
 * Masks what a client sends over a WebSocket, four bytes at a time: the build puts it in the place of the native helper that
 * ws looks for. See RFC 6455, section 5.3.
 *
 * @param source what is masked
 * @param key 4 bytes
 * @param output where it goes, from `offset` on; may be the source
 * @param length bytes of the source
 */
export function mask(source: Uint8Array, key: Uint8Array, output: Uint8Array, offset: number, length: number): void {
  output.set(source.length === length ? source : source.subarray(0, length), offset);
  xor(output, offset, offset + length, key);
}

/** Unmasks in place what came masked, see `mask`. */
export function unmask(bytes: Uint8Array, key: Uint8Array): void {
  xor(bytes, 0, bytes.length, key);
}

function xor(bytes: Uint8Array, from: number, to: number, key: Uint8Array): void {
  if (to - from < FEW) {
    xorEach(bytes, from, to, key, 0);
    return;
  }
  const { buffer, byteOffset } = bytes;
  const aligned = from + (-(byteOffset + from) & 3);
  xorEach(bytes, from, aligned, key, 0);
  const first = aligned - from;
  for (let i = 0; i < 4; i++) bytesOfWord[i] = key[(first + i) & 3] as number;
  const word = words[0] as number;
  const whole = new Int32Array(buffer, byteOffset + aligned, (to - aligned) >> 2);
  for (let i = 0; i < whole.length; i++) whole[i] = (whole[i] as number) ^ word;
  xorEach(bytes, aligned + whole.length * 4, to, key, first);
}

/** @param first which byte of the key is for the first one */
function xorEach(bytes: Uint8Array, from: number, to: number, key: Uint8Array, first: number): void {
  for (let at = from; at < to; at++) {
    bytes[at] = (bytes[at] as number) ^ (key[(first + at - from) & 3] as number);
  }
}
