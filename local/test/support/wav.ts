/**
 * A 16-bit WAV file of 8000 Hz.
 * @param seconds its length
 * @param channels 1 or 2
 * @param differ whether the channels sound different
 */
export function wav(seconds: number, channels = 1, differ = false): Buffer {
  const frames = Math.round(seconds * 8000);
  const data = Buffer.alloc(frames * channels * 2);
  for (let frame = 0; frame < frames; frame += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      const pitch = differ ? 0.1 * (channel + 1) : 0.1;
      data.writeInt16LE(Math.round(8000 * Math.sin(frame * pitch)), (frame * channels + channel) * 2);
    }
  }
  const head = Buffer.alloc(44);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(36 + data.length, 4);
  head.write("WAVEfmt ", 8, "latin1");
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(8000, 24);
  head.writeUInt32LE(8000 * channels * 2, 28);
  head.writeUInt16LE(channels * 2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36, "latin1");
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}
