import { join } from "node:path";
import { exposeAttention } from "./graph";
import { createNetwork, type Network, readVerified, weightsFolder } from "./runtime";

/** Sizes of the Moonshine models that come with `@usefulsensors/moonshine-js` (English, MIT). */
export type ModelName = "tiny" | "base";

interface Shape {
  layers: number;
  /** Values per attention head. */
  dim: number;
  /** Attention heads that follow the sound, as layer * 8 + head; chosen against a forced alignment. */
  aligned: number[];
  /** SHA-256 of the two files, in hex. */
  encoder: string;
  decoder: string;
}

/** Attention heads per layer, in both models. */
export const HEADS = 8;

const SHAPES: Record<ModelName, Shape> = {
  tiny: {
    layers: 6,
    dim: 36,
    aligned: [46, 29, 39, 47, 31, 43, 44, 35, 33, 30],
    encoder: "c6fc4b7bc5af75c0591fd157a1f3829b533d18e9769a888fd95a62e470dd4f4a",
    decoder: "eed87831c3a6103534aae7d47a5d485025c659a1323901513961c39fe8a1a367",
  },
  base: {
    layers: 8,
    dim: 52,
    aligned: [34, 52, 49, 45, 48, 58, 43, 44, 62, 41],
    encoder: "1dd9ab0a7f987113d30affcba5a068d11c8f90fa0223caa3e491ade431ad9751",
    decoder: "cc9f3cd6698a369c6008b41aa60aa3fb3322e7f03c9bdf19d8e6b7200afca4f3",
  },
};

/** A model ready to run. */
export interface Model {
  shape: Pick<Shape, "layers" | "dim" | "aligned">;
  encoder: Network;
  decoder: Network;
  /** Text of the vocabulary's pieces by id; a piece that begins a word begins with U+2581. */
  decodeText(ids: number[]): string;
  beginsWord(id: number): boolean;
}

/**
 * Loads one of the models into this process.
 *
 * @throws Error if the weights are missing or are not the ones this code was made for
 */
export async function loadModel(name: ModelName): Promise<Model> {
  const shape = SHAPES[name];
  const loading = readWeights(name, "encoder_model.onnx", shape.encoder).then((bytes) =>
    // Optimising the encoder's graph costs half a second and gains nothing measurable.
    createNetwork(bytes, { graphOptimizationLevel: "disabled" }),
  );
  // What the decoder needs is made ready while the runtime is being compiled in the background.
  const [encoder, decoderBytes, { default: tokenizer }] = await Promise.all([
    loading,
    readWeights(name, "decoder_model_merged.onnx", shape.decoder).then((bytes) => exposeAttention(bytes, shape.layers)),
    import("llama-tokenizer-js"),
  ]);
  const decoder = await createNetwork(decoderBytes);
  return {
    shape,
    encoder,
    decoder,
    // The tokenizer drops the first piece (the start token) and the space before the first word.
    decodeText: (ids) => tokenizer.decode([1, ...ids]),
    beginsWord: (id) => tokenizer.vocabById[id]?.startsWith("\u2581") ?? false,
  };
}

function readWeights(name: ModelName, file: string, sha256: string): Promise<Uint8Array> {
  return readVerified(
    join(weightsFolder("@usefulsensors/moonshine-js", "0.1.6"), "dist", "model", name, "quantized", file),
    sha256,
  );
}
