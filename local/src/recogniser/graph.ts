/**
 * The published decoder keeps its attention to itself. Word times need it, so the tensors are named as outputs by
 * editing the ONNX file's bytes while it is loaded: ONNX is protobuf, and only the four messages around the change
 * are taken apart (field numbers from onnx.proto3: model.graph 7; graph.node 1, graph.output 12; node.output 2,
 * node.op_type 4, node.attribute 5; attribute.g 6; value_info.name 1, value_info.type 2; type.tensor_type 1;
 * tensor_type.elem_type 1, FLOAT 1).
 */

interface Field {
  number: number;
  /** Where the field's tag, its content and the next field begin, in bytes. */
  from: number;
  content: number;
  to: number;
}

/** Name of the added decoder output with layer `layer`'s attention: float32 [1, heads, 1, encoder frames]. */
export function attentionName(layer: number): string {
  return `attention.${layer}`;
}

/**
 * Adds the encoder attention of every layer to the outputs of a merged Moonshine decoder.
 *
 * @param model bytes of `decoder_model_merged.onnx`
 * @param layers how many decoder layers the model has
 * @returns the bytes of a model with `layers` more outputs, named by {@link attentionName}
 * @throws Error if the file is not such a decoder
 */
export function exposeAttention(model: Uint8Array, layers: number): Uint8Array {
  const bytes = Buffer.from(model.buffer, model.byteOffset, model.byteLength);
  return replace(bytes, only(fields(bytes), 7, "graph"), (graph) => {
    const branching = fields(graph).filter((field) => field.number === 1 && isIf(content(graph, field)));
    const names = Array.from({ length: layers }, (_, layer) => attentionName(layer));
    const edited = replace(graph, only(branching, 1, "If node"), (node) => editNode(node, names));
    return Buffer.concat([edited, ...names.map((name) => field(12, valueInfo(name)))]);
  });
}

/** The branches give the tensors out in their own names; the node then gives them the new ones, by position. */
function editNode(node: Buffer, names: string[]): Buffer {
  const parts = fields(node).map((part) => {
    if (part.number !== 5) return node.subarray(part.from, part.to);
    const attribute = content(node, part);
    const branch = only(fields(attribute), 6, "branch");
    const outputs = names.map((_, layer) =>
      field(12, valueInfo(`/model/decoder/layers.${layer}/encoder_attn/Softmax_output_0`)),
    );
    return field(
      5,
      replace(attribute, branch, (graph) => Buffer.concat([graph, ...outputs])),
    );
  });
  return Buffer.concat([...parts, ...names.map((name) => field(2, Buffer.from(name)))]);
}

function isIf(node: Buffer): boolean {
  return fields(node).some((part) => part.number === 4 && content(node, part).toString() === "If");
}

function valueInfo(name: string): Buffer {
  const float = field(1, Buffer.from([0x08, 0x01]));
  return Buffer.concat([field(1, Buffer.from(name)), field(2, float)]);
}

/** Fields of one message, in order. */
function fields(message: Buffer): Field[] {
  const found: Field[] = [];
  for (let at = 0; at < message.length; ) {
    const from = at;
    const [tag, afterTag] = readVarint(message, at);
    const wire = tag & 7;
    let start = afterTag;
    if (wire === 0) at = readVarint(message, afterTag)[1];
    else if (wire === 1) at = afterTag + 8;
    else if (wire === 5) at = afterTag + 4;
    else if (wire === 2) {
      const [length, afterLength] = readVarint(message, afterTag);
      start = afterLength;
      at = afterLength + length;
    } else throw new Error("the decoder file is no ONNX model");
    if (at > message.length) throw new Error("the decoder file is no ONNX model, or cut short");
    found.push({ number: tag >>> 3, from, content: start, to: at });
  }
  return found;
}

function content(message: Buffer, part: Field): Buffer {
  return message.subarray(part.content, part.to);
}

function only(all: Field[], number: number, what: string): Field {
  const matching = all.filter((part) => part.number === number);
  const first = matching[0];
  if (!first || matching.length > 1) throw new Error(`the decoder file has ${matching.length} of: ${what}, not one`);
  return first;
}

function replace(message: Buffer, part: Field, edit: (old: Buffer) => Buffer): Buffer {
  return Buffer.concat([
    message.subarray(0, part.from),
    field(part.number, edit(content(message, part))),
    message.subarray(part.to),
  ]);
}

function field(number: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(value.length)]), value]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return bytes;
}

/** Lengths stay far below 2^53, so plain numbers do. Returns the value and where the next byte is. */
function readVarint(bytes: Buffer, start: number): [number, number] {
  let value = 0;
  for (let at = start, scale = 1; at < bytes.length; at++, scale *= 128) {
    const byte = bytes[at] ?? 0;
    value += (byte & 127) * scale;
    if (byte < 128) return [value, at + 1];
  }
  throw new Error("the decoder file is no ONNX model, or cut short");
}
