/* Noise for speech. Sound is an array of samples between -1 and 1, at 16 kHz. */
import { createCipheriv } from "node:crypto";
import { wavHead } from "../support/audio.mjs";

export const RATE = 16_000;

/** The same even numbers from 0 to 1 at each run: the key stream of a cipher. */
export function generator(seed) {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, seed), Buffer.alloc(16));
  let [numbers, at] = [new Uint32Array(0), 0];
  return () => {
    if (at === numbers.length) {
      const bytes = cipher.update(Buffer.alloc(1 << 18));
      [numbers, at] = [new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4), 0];
    }
    return numbers[at++] / 2 ** 32;
  };
}

/** Root mean square of the 20 ms frames that are louder than 30 dB below the loudest. */
function level(sound) {
  const powers = [];
  for (let at = 0; at + 320 <= sound.length; at += 320) {
    let sum = 0;
    for (let i = at; i < at + 320; i++) sum += sound[i] ** 2;
    powers.push(sum / 320);
  }
  const most = Math.max(...powers);
  const loud = powers.filter((power) => power > most / 1000);
  return Math.sqrt(loud.reduce((sum, power) => sum + power, 0) / loud.length);
}

/** Sound with noise so many decibels below the level of its speech. */
export function add(sound, noise, decibels) {
  const factor = level(sound) / 10 ** (decibels / 20) / level(noise);
  return sound.map((value, i) => Math.max(-1, Math.min(1, value + factor * noise[i % noise.length])));
}

/** Noise with as much of each frequency. */
export function white(length, random) {
  // The sum of a few even draws is close to normal.
  return Float32Array.from({ length }, () => random() + random() + random() + random() - 2);
}

/** All voices at once, each from another place on. */
export function babble(voices, length, random) {
  const from = voices.map(({ length: all }) => Math.floor(random() * all));
  const all = new Float32Array(length);
  voices.forEach((voice, n) => {
    for (let i = 0; i < length; i++) all[i] += voice[(from[n] + i) % voice.length];
  });
  return all;
}

/** A WAV file of 16 bits, 16 kHz. */
export function wav(sound) {
  const samples = Buffer.from(Int16Array.from(sound, (value) => Math.round(value * 32_767)).buffer);
  return Buffer.concat([wavHead(44 + samples.length, { rate: RATE, channels: 1 }), samples]);
}
