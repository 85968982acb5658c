import { Tensor } from "onnxruntime-web";
import { RATE } from "../audio/track";
import { attentionName } from "./graph";
import { HEADS, type Model } from "./model";
import type { Pause } from "./turns";

/** Samples per frame of the encoder: 24 ms. */
export const FRAME = 384;

const START = 1;
const END = 2;
/** Speech seldom has more tokens per second; a model that has lost its way does. */
const TOKENS_PER_SECOND = 6.5;

/** What the model heard in one segment. */
export interface Heard {
  /** Vocabulary ids, without start and end. */
  ids: number[];
  /** Probability of each id, and of the end that followed if the model came to it. */
  probabilities: number[];
  /** One row per probability: attention of the chosen heads over the frames, head after head [heads * frames]. */
  attention: Float32Array[];
  /** Frames of the encoder. */
  frames: number;
  /** The model repeated itself or would not end; what it said is not to be trusted. */
  lost: boolean;
}

/**
 * Turns up to some 15 s of sound into tokens, greedily. More makes the model drop words or repeat itself.
 *
 * @param samples mono, 16 kHz, -1 to 1
 * @param pause called before each step; when it throws, the work ends with that
 */
export async function decodeGreedy(model: Model, samples: Float32Array, pause: Pause): Promise<Heard> {
  await pause();
  const { layers, dim } = model.shape;
  const encoded = await model.encoder.run({ input_values: new Tensor("float32", samples, [1, samples.length]) });
  const states = tensor(encoded, "last_hidden_state");
  const frames = states.dims[1] ?? 0;
  const heard: Heard = { ids: [], probabilities: [], attention: [], frames, lost: true };

  const feeds: Record<string, Tensor> = { encoder_hidden_states: states };
  const decoderKeys: string[] = [];
  const encoderKeys: string[] = [];
  for (let layer = 0; layer < layers; layer++) {
    for (const half of ["key", "value"]) {
      decoderKeys.push(`${layer}.decoder.${half}`);
      encoderKeys.push(`${layer}.encoder.${half}`);
    }
  }
  for (const key of [...decoderKeys, ...encoderKeys]) {
    feeds[`past_key_values.${key}`] = new Tensor("float32", new Float32Array(HEADS * dim), [1, HEADS, 1, dim]);
  }

  const attentions = Array.from({ length: layers }, (_, layer) => attentionName(layer));
  const growing = ["logits", ...attentions, ...decoderKeys.map((key) => `present.${key}`)];
  const limit = Math.max(4, Math.ceil((samples.length / RATE) * TOKENS_PER_SECOND));
  let last = START;
  while (heard.ids.length < limit) {
    await pause();
    const first = heard.probabilities.length === 0;
    feeds["input_ids"] = new Tensor("int64", [BigInt(last)], [1, 1]);
    feeds["use_cache_branch"] = new Tensor("bool", [!first], [1]);
    // The encoder's half of the cache never changes; not asking for it again saves copying megabytes per token.
    const fetches = first ? [...growing, ...encoderKeys.map((key) => `present.${key}`)] : growing;
    const out = await model.decoder.run(feeds, fetches);
    const [id, probability] = likeliest(data(out, "logits"));
    heard.probabilities.push(probability);
    heard.attention.push(pick(out, model.shape.aligned, frames));
    if (id === END) {
      heard.lost = false;
      break;
    }
    heard.ids.push(id);
    last = id;
    if (repeats(heard.ids)) break;
    for (const key of first ? [...decoderKeys, ...encoderKeys] : decoderKeys) {
      feeds[`past_key_values.${key}`] = tensor(out, `present.${key}`);
    }
  }
  return heard;
}

function pick(out: Record<string, Tensor>, heads: number[], frames: number): Float32Array {
  const row = new Float32Array(heads.length * frames);
  heads.forEach((head, index) => {
    const from = (head % HEADS) * frames;
    const layer = data(out, attentionName(Math.floor(head / HEADS)));
    row.set(layer.subarray(from, from + frames), index * frames);
  });
  return row;
}

function likeliest(logits: Float32Array): [number, number] {
  let best = 0;
  let top = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] as number;
    if (logit > top) {
      top = logit;
      best = id;
    }
  }
  let sum = 0;
  for (let id = 0; id < logits.length; id++) {
    const below = (logits[id] as number) - top;
    if (below > -20) sum += Math.exp(below);
  }
  return [best, 1 / sum];
}

/** Whether the ids end in four times the same one to eight. */
function repeats(ids: number[]): boolean {
  for (let period = 1; period <= 8 && period * 4 <= ids.length; period++) {
    const from = ids.length - period * 3;
    if (ids.slice(from).every((id, index) => id === ids[from + index - period])) return true;
  }
  return false;
}

function tensor(values: Record<string, Tensor>, name: string): Tensor {
  const value = values[name];
  if (!value) throw new Error(`the model gave no ${name}`);
  return value;
}

function data(values: Record<string, Tensor>, name: string): Float32Array {
  return tensor(values, name).data as Float32Array;
}
