import { randomFillSync } from "node:crypto";
import type { Socket } from "node:net";
import { mask } from "./mask";

/** Bytes of a header that tells the length in two bytes and has a key. */
const HEADER = 8;
/** Bytes of a payload whose length is told in two bytes. */
const LEAST = 126;
const MOST = 65_535;
/** FIN and opcode of a whole binary message; the bit that tells of a key, with the sign for a length of two bytes. */
const BINARY = 0x82;
const MASKED = 0x80 | 126;
/** Random bytes that are drawn at once. */
const RANDOM = 8192;
/** Pieces of memory that are kept for later. A frame seldom waits for its network, so few are in use at a time. */
const KEPT = 8;

interface Memory {
  readonly all: Buffer;
  /** As much of it as the last frame had. */
  frame: Buffer;
  readonly onSent: () => void;
}

const keys = Buffer.alloc(RANDOM);
let keysUsed = RANDOM;
const free: Memory[] = [];

/**
 * Sends audio as one binary message of a WebSocket's client, masked, from memory that is used again. In new memory for each,
 * as ws does it, ten chunks a second of many sessions have V8 mark all of Node-RED's heap every other second.
 * See RFC 6455, sections 5.2 and 5.3.
 *
 * @param socket of an open connection
 * @param audio stays as it is
 * @returns false when it is left to ws: other sizes, or a network that is behind, whose memory would be kept for long
 */
export function sendAudioFrame(socket: Socket, audio: Buffer): boolean {
  if (audio.length < LEAST || audio.length > MOST || socket.writableLength > 0) return false;
  const memory = memoryFor(HEADER + audio.length);
  const { frame } = memory;
  const key = newKey();
  frame[0] = BINARY;
  frame[1] = MASKED;
  frame.writeUInt16BE(audio.length, 2);
  frame.set(key, 4);
  mask(audio, key, frame, HEADER, audio.length);
  socket.write(frame, memory.onSent);
  return true;
}

function memoryFor(length: number): Memory {
  const last = free.pop();
  const memory = last && last.all.length >= length ? last : newMemory(length);
  if (memory.frame.length !== length) memory.frame = memory.all.subarray(0, length);
  return memory;
}

function newMemory(length: number): Memory {
  const all = Buffer.allocUnsafeSlow(length);
  const memory: Memory = {
    all,
    frame: all,
    onSent: () => {
      if (free.length < KEPT) free.push(memory);
    },
  };
  return memory;
}

/** Four bytes that nobody can foresee. */
function newKey(): Buffer {
  if (keysUsed === RANDOM) {
    randomFillSync(keys);
    keysUsed = 0;
  }
  keysUsed += 4;
  return keys.subarray(keysUsed - 4, keysUsed);
}
