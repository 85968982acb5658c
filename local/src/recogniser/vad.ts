import { join } from "node:path";
import { Tensor } from "onnxruntime-web";
import { RATE } from "../audio/track";
import { createNetwork, type Network, readVerified, weightsFolder } from "./runtime";

/** Samples the network looks at in one step: 32 ms. */
export const WINDOW = 512;
/** Samples of the step before that it looks at once more. */
const CONTEXT = 64;
/** Values the network remembers between steps. */
const MEMORY = 2 * 128;
const SHA256 = "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3";

/** The voice activity detector Silero v6, which comes with `@ricky0123/vad-web` (MIT, see NOTICE.md). */
export type Vad = Network;

/** @throws Error if the weights are missing or are not the ones this code was made for */
export async function loadVad(): Promise<Vad> {
  const folder = weightsFolder("@ricky0123/vad-web", "0.0.31");
  return createNetwork(await readVerified(join(folder, "dist", "silero_vad_v6.onnx"), SHA256));
}

/** Tells of one sound, step by step, how probably there is speech in it. */
export class VoiceActivity {
  readonly #input = new Float32Array(CONTEXT + WINDOW);
  #memory: Tensor = new Tensor("float32", new Float32Array(MEMORY), [2, 1, MEMORY / 2]);

  constructor(private readonly vad: Vad) {}

  /**
   * The next step.
   *
   * @param window as many samples as {@link WINDOW}, 16 kHz, -1 to 1
   * @returns probability of speech in it, 0 to 1
   */
  async next(window: Float32Array): Promise<number> {
    this.#input.copyWithin(0, WINDOW);
    this.#input.set(window, CONTEXT);
    const { output, stateN } = await this.vad.run({
      input: new Tensor("float32", this.#input, [1, CONTEXT + WINDOW]),
      state: this.#memory,
      sr: new Tensor("int64", [BigInt(RATE)], []),
    });
    if (!output || !stateN) throw new Error("the voice activity detector gave no answer");
    this.#memory = stateN;
    return output.data[0] as number;
  }
}
