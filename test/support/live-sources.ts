/** What sources of live audio send, byte by byte after their specifications. */

/** A tone as samples from -1 to 1. */
export function tone(hertz: number, rate: number, seconds: number, volume = 0.5): number[] {
  return Array.from(
    { length: Math.round(rate * seconds) },
    (_, i) => volume * Math.sin((2 * Math.PI * hertz * i) / rate),
  );
}

/** Channels as interleaved 16 bit PCM. */
export function pcm16(...channels: number[][]): Buffer {
  const [first = []] = channels;
  const bytes = Buffer.alloc(first.length * channels.length * 2);
  first.forEach((_, i) => {
    channels.forEach((samples, channel) => {
      bytes.writeInt16LE(Math.round((samples[i] ?? 0) * 32767), (i * channels.length + channel) * 2);
    });
  });
  return bytes;
}

/** The samples of one channel of 16 bit PCM. */
export function samplesOf(bytes: Buffer, channels = 1, channel = 0): number[] {
  return Array.from(
    { length: bytes.length / 2 / channels },
    (_, i) => bytes.readInt16LE((i * channels + channel) * 2) / 32768,
  );
}

interface WavOptions {
  code?: number;
  bits?: number;
  rate?: number;
  channels?: number;
  /** What the header says of the audio's length, which need not be true. */
  length?: number;
  /** Chunks before the audio. */
  before?: Buffer[];
  extensible?: boolean;
}

export function wavChunk(id: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, "latin1");
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

export function wav(audio: Buffer, options: WavOptions = {}): Buffer {
  const { code = 1, bits = 16, rate = 16_000, channels = 1, length = audio.length, before = [], extensible } = options;
  const fmt = Buffer.alloc(extensible ? 40 : 16);
  fmt.writeUInt16LE(extensible ? 0xfffe : code, 0);
  fmt.writeUInt16LE(channels, 2);
  fmt.writeUInt32LE(rate, 4);
  fmt.writeUInt32LE((rate * channels * bits) / 8, 8);
  fmt.writeUInt16LE((channels * bits) / 8, 12);
  fmt.writeUInt16LE(bits, 14);
  if (extensible) {
    fmt.writeUInt16LE(22, 16);
    fmt.writeUInt16LE(bits, 18);
    fmt.writeUInt16LE(code, 24);
    Buffer.from("000000001000800000aa00389b71", "hex").copy(fmt, 26);
  }
  const data = Buffer.alloc(8);
  data.write("data", "latin1");
  data.writeUInt32LE(length >>> 0, 4);
  const body = Buffer.concat([Buffer.from("WAVE"), wavChunk("fmt ", fmt), ...before, data, audio]);
  return Buffer.concat([wavChunk("RIFF", body).subarray(0, 8), body]);
}

/** A packet of Asterisk's AudioSocket. */
export function socketPacket(kind: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(3);
  head[0] = kind;
  head.writeUInt16BE(payload.length, 1);
  return Buffer.concat([head, payload]);
}

/** Twilio's messages of a call, 20 ms in each; SignalWire's are alike. */
export function twilio(sid: string, tracks: Record<string, Buffer>): object[] {
  const names = Object.keys(tracks);
  const messages: object[] = [
    { event: "connected", protocol: "Call", version: "1.0.0" },
    {
      ...{ event: "start", sequenceNumber: "1", streamSid: sid },
      start: {
        ...{ streamSid: sid, accountSid: "AC1", callSid: "CA1", tracks: names, customParameters: { who: "Ann" } },
        mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 },
      },
    },
  ];
  let sequence = 2;
  const most = Math.max(...Object.values(tracks).map(({ length }) => length));
  for (let at = 0, chunk = 1; at < most; at += 160, chunk++) {
    for (const [track, audio] of Object.entries(tracks)) {
      const payload = audio.subarray(at, at + 160).toString("base64");
      if (payload === "") continue;
      const media = { track, chunk: String(chunk), timestamp: String(at / 8), payload };
      messages.push({ event: "media", sequenceNumber: String(sequence++), media, streamSid: sid });
    }
  }
  messages.push({ event: "stop", sequenceNumber: String(sequence), streamSid: sid, stop: { callSid: "CA1" } });
  return messages;
}
