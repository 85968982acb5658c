/** What speech recognition works with; a browser's own format is not understood everywhere. */
const RATE = 16_000;

export interface Recording {
  /** Ends it and gives what was said, as a WAV file. */
  stop(): Promise<File>;
  /** Ends it and forgets it. */
  drop(): void;
}

/** Whether this page may use a microphone at all: browsers want https, or the same machine. */
export const canRecord = () => Boolean(navigator.mediaDevices) && typeof MediaRecorder === "function";

/** Begins to record from the microphone. Rejects when the user or the system says no. */
export async function record(): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const recorder = new MediaRecorder(stream);
  const pieces: Blob[] = [];
  recorder.addEventListener("dataavailable", ({ data }) => pieces.push(data));
  const ended = new Promise((resolve) => recorder.addEventListener("stop", resolve));
  const end = () => {
    if (recorder.state !== "inactive") recorder.stop();
    for (const track of stream.getTracks()) track.stop();
  };
  recorder.start();
  return {
    drop: end,
    async stop() {
      end();
      await ended;
      return new File([await toWav(new Blob(pieces))], "recording.wav", { type: "audio/wav" });
    },
  };
}

async function toWav(recorded: Blob): Promise<ArrayBuffer> {
  const context = new AudioContext();
  const sound = await context.decodeAudioData(await recorded.arrayBuffer());
  await context.close();
  const offline = new OfflineAudioContext(1, Math.max(1, Math.ceil(sound.duration * RATE)), RATE);
  const source = new AudioBufferSourceNode(offline, { buffer: sound });
  source.connect(offline.destination);
  source.start();
  return wavOf((await offline.startRendering()).getChannelData(0));
}

/** A WAV file of 16 bits, mono, from samples between -1 and 1. */
export function wavOf(samples: Float32Array): ArrayBuffer {
  const file = new ArrayBuffer(44 + samples.length * 2);
  const view = new DataView(file);
  const word = (at: number, text: string) => {
    for (let i = 0; i < text.length; i++) view.setUint8(at + i, text.charCodeAt(i));
  };
  word(0, "RIFF");
  view.setUint32(4, file.byteLength - 8, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  word(36, "data");
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, i) => {
    view.setInt16(44 + i * 2, Math.max(-1, Math.min(1, sample)) * 0x7fff, true);
  });
  return file;
}
