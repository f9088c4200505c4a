/** Small GGUF files, sound or broken in one place. Arrays are of strings or of 32-bit integers. */
import { readFile, writeFile } from 'node:fs/promises';

type Value = string | number | boolean | readonly string[] | readonly number[];

export interface GgufTensor {
  readonly name: string;
  readonly dimensions: readonly number[];
  /** A ggml_type: 0 is F32. */
  readonly type: number;
  readonly offset: number;
}

export interface GgufParts {
  readonly magic?: string;
  readonly version?: number;
  readonly metadata?: Readonly<Record<string, Value>>;
  readonly tensors?: readonly GgufTensor[];
  /** Bytes after the header's padding. */
  readonly dataBytes?: number;
}

export const soundMetadata = {
  'general.architecture': 'llama',
  'general.name': 'Tiny',
  'general.file_type': 15,
  'llama.context_length': 2048,
  'tokenizer.chat_template': '{{ messages }}',
  'tokenizer.ggml.tokens': ['<s>', '</s>', 'a', 'b'],
} satisfies Record<string, Value>;

/** Two tensors of 8 and 4 floats. */
const soundTensors: readonly GgufTensor[] = [
  { name: 'token_embd.weight', dimensions: [4, 2], type: 0, offset: 0 },
  { name: 'output_norm.weight', dimensions: [4], type: 0, offset: 32 },
];

/** A sound file unless told otherwise. */
export function buildGguf({
  magic = 'GGUF',
  version = 3,
  metadata = soundMetadata,
  tensors = soundTensors,
  dataBytes = 48,
}: GgufParts = {}): Buffer {
  const pairs = Object.entries(metadata);
  const header = Buffer.concat([
    Buffer.from(magic),
    u32(version),
    u64(tensors.length),
    u64(pairs.length),
    ...pairs.flatMap(([key, value]) => [text(key), ...typed(value)]),
    ...tensors.flatMap(({ name, dimensions, type, offset }) => [
      text(name),
      u32(dimensions.length),
      ...dimensions.map(u64),
      u32(type),
      u64(offset),
    ]),
  ]);
  const padding = Buffer.alloc((32 - (header.length % 32)) % 32);
  return Buffer.concat([header, padding, Buffer.alloc(dataBytes, 7)]);
}

/**
 * Writes a copy of a GGUF file with further metadata before its own.
 * @param floats values by their keys
 */
export async function stampGguf(
  source: string,
  target: string,
  floats: Readonly<Record<string, number>>,
): Promise<void> {
  const bytes = await readFile(source);
  const counts = 4 + 4 + 8;
  const pairs = Object.entries(floats).flatMap(([key, value]) => [text(key), u32(6), f32(value)]);
  const filler = (size: number): Buffer[] => [text('filler'), u32(8), text('-'.repeat(size))];
  // The tensors keep their alignment to 32 bytes when as many come before them.
  const size = Buffer.concat([...pairs, ...filler(0)]).length;
  pairs.push(...filler((32 - (size % 32)) % 32));
  const known = bytes.readBigUInt64LE(counts);
  await writeFile(target, [
    bytes.subarray(0, counts),
    u64(Number(known) + Object.keys(floats).length + 1),
    ...pairs,
    bytes.subarray(counts + 8),
  ]);
}

function typed(value: Value): Buffer[] {
  if (typeof value === 'string') return [u32(8), text(value)];
  if (typeof value === 'boolean') return [u32(7), Buffer.from([value ? 1 : 0])];
  if (typeof value === 'number') return [u32(4), u32(value)];
  const isText = typeof value[0] === 'string';
  const items = value.map((item) => (typeof item === 'string' ? text(item) : u32(item)));
  return [u32(9), u32(isText ? 8 : 4), u64(value.length), ...items];
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}
