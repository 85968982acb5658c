import { pipeline, type Transform } from "node:stream";
import zlib from "node:zlib";
import { refuse } from "./source";

/** Newer than the types of the oldest Node that we support. */
const { createZstdDecompress } = zlib as typeof zlib & { createZstdDecompress?: () => Transform };

type Body = AsyncIterable<Buffer>;

/** The codings of HTTP (RFC 9110, 8.4.1; 7932; 8878) that can be undone here. */
const CODINGS: Record<string, (body: Body) => Body> = {
  gzip: (body) => through(body, zlib.createGunzip()),
  "x-gzip": (body) => through(body, zlib.createGunzip()),
  deflate: inflated,
  br: (body) => through(body, zlib.createBrotliDecompress()),
  ...(createZstdDecompress ? { zstd: (body: Body) => through(body, createZstdDecompress()) } : {}),
};
/** More than one is rare; more than these are an attack. */
const MOST_CODINGS = 4;

/** The codes of zlib's own errors. */
const IS_FAULT = /^(Z_|ERR_+(ERROR|BROTLI|ZSTD|BUFFER)|ZSTD_)/;

/**
 * A body without its content coding, while it comes. A coding that we do not know changes nothing: some servers write
 * there what is none, and the bytes tell.
 * @param header `Content-Encoding`
 * @throws GladiaError GLADIA_AUDIO, while it is read, for bytes that cannot be unpacked
 */
export function unpacked(body: Body, header: string | undefined, url: string): Body {
  const names = (header ?? "")
    .toLowerCase()
    .split(",")
    .map((name) => name.trim());
  const known = names.filter((name) => Object.hasOwn(CODINGS, name)).slice(0, MOST_CODINGS);
  if (known.length === 0) return body;
  const plain = known.reduceRight((packed, name) => CODINGS[name]?.(packed) ?? packed, body);
  return told(plain, known.join(", "), url);
}

async function* told(body: Body, coding: string, url: string): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw IS_FAULT.test(code) ? refuse("audio-packed", { url, coding, reason: message }) : error;
  }
}

async function* through(body: Body, transform: Transform): AsyncGenerator<Buffer> {
  // An error of the body is thrown to whoever reads the transform, and leaving that ends the body.
  pipeline(body, transform, () => {});
  yield* transform;
}

/** `deflate` means zlib's format, but some send the bare one. The first byte tells. */
async function* inflated(body: Body): AsyncGenerator<Buffer> {
  const chunks = body[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done) return;
  const all = async function* () {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => chunks };
  };
  yield* through(all(), (first.value[0] ?? 0) % 16 === 8 ? zlib.createInflate() : zlib.createInflateRaw());
}
