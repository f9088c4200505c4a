/**
 * The header of a GGUF file: its metadata, and whether all of its tensors are inside the file.
 * Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3.
 *
 * @huggingface/gguf 0.4.6 was measured first. It takes 1.1 s with a vocabulary of 152,000 tokens
 * (this reader: 0.08 s) and holds the event loop for 0.4 s of it in one go, while other clients'
 * tokens wait; a 43 MB header made to be slow took it 31 s (0.09 s); it reads zeros past the end, so
 * that a file cut short in its header passes; and it does not know tensor sizes.
 */
import { open } from 'node:fs/promises';
import { FileCursor, FormatError } from './fileCursor.ts';
import { tensorBytes } from './ggmlTypes.ts';

type GgufValue = string | number | boolean;

export interface GgufHeader {
  /** Scalars only; arrays are skipped. 64-bit integers above 2^53 are inexact. */
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** Those of the marker texts asked for that are tokens of the vocabulary. */
  readonly markers: ReadonlySet<string>;
  /** Tokens of the vocabulary; 0 when there is none. */
  readonly vocabulary: number;
  readonly tensors: number;
  /** Elements of all tensors together. */
  readonly parameters: number;
}

/** The largest header known is 30 MB; more than this is an attack on the reader's time. */
const MAX_HEADER_BYTES = 64 * 1024 * 1024;
const MAX_STRING_BYTES = 4 * 1024 * 1024;
/** GGML_MAX_DIMS. */
const MAX_DIMENSIONS = 4;
const DEFAULT_ALIGNMENT = 32;
const VOCABULARY_KEY = 'tokenizer.ggml.tokens';

/** gguf_metadata_value_type: sizes of the scalars, in bytes. */
const scalarSizes: ReadonlyMap<number, number> = new Map([
  [0, 1], // UINT8
  [1, 1], // INT8
  [2, 2], // UINT16
  [3, 2], // INT16
  [4, 4], // UINT32
  [5, 4], // INT32
  [6, 4], // FLOAT32
  [7, 1], // BOOL
  [10, 8], // UINT64
  [11, 8], // INT64
  [12, 8], // FLOAT64
]);
const STRING = 8;
const ARRAY = 9;

/**
 * @param markerTexts tokens to look for in the vocabulary, compared exactly.
 * @throws FormatError when it is no GGUF file or not a whole one.
 */
export async function readGguf(
  path: string,
  markerTexts: ReadonlySet<string> = new Set(),
): Promise<GgufHeader> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    return await readHeader(new FileCursor(file, size), new MarkerSearch(markerTexts));
  } finally {
    await file.close();
  }
}

async function readHeader(cursor: FileCursor, search: MarkerSearch): Promise<GgufHeader> {
  if (cursor.size < 4) throw new FormatError(`it has only ${cursor.size} bytes`);
  await cursor.fill(4);
  const magic = cursor.bytes(4).toString('latin1');
  if (magic !== 'GGUF') throw new FormatError('it does not begin with "GGUF"');
  await cursor.fill(20);
  const version = cursor.u32();
  if (version !== 2 && version !== 3) {
    throw new FormatError(`it has GGUF version ${version}; versions 2 and 3 are known`);
  }
  const tensors = cursor.u64();
  const pairs = cursor.u64();
  const metadata = new Map<string, GgufValue>();
  // A pair or a tensor takes more than 12 bytes, so no count can outrun the file.
  for (let n = 0; n < pairs; n++) {
    const key = await readString(cursor);
    const value = await readValue(cursor, key === VOCABULARY_KEY ? search : undefined);
    if (value !== undefined) metadata.set(key, value);
  }
  if (tensors === 0) throw new FormatError('it has no tensors');
  const parameters = await readTensors(cursor, tensors, alignmentOf(metadata));
  const { found: markers, tokens: vocabulary } = search;
  return { metadata, markers, vocabulary, tensors, parameters };
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>): number {
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  if (typeof alignment !== 'number' || alignment < 1 || !Number.isInteger(Math.log2(alignment))) {
    throw new FormatError(`its alignment ${alignment} is not a power of two`);
  }
  return alignment;
}

/** Returns the elements of all tensors. @throws FormatError when one lies outside the file. */
async function readTensors(cursor: FileCursor, count: number, alignment: number): Promise<number> {
  let parameters = 0;
  let end = 0;
  for (let n = 0; n < count; n++) {
    checkHeaderSize(cursor);
    const name = await readString(cursor);
    await cursor.fill(4);
    const dimensionCount = cursor.u32();
    if (dimensionCount > MAX_DIMENSIONS) {
      throw new FormatError(`tensor "${name}" has ${dimensionCount} dimensions`);
    }
    await cursor.fill(8 * dimensionCount + 12);
    const dimensions = Array.from({ length: dimensionCount }, () => cursor.u64());
    const type = cursor.u32();
    const offset = cursor.u64();
    const bytes = tensorBytes(type, dimensions);
    if (bytes === undefined || offset % alignment !== 0) {
      throw new FormatError(`tensor "${name}" (type ${type}) is stored in a way that is not known`);
    }
    parameters += dimensions.reduce((product, size) => product * size, 1);
    end = Math.max(end, offset + bytes);
  }
  const data = Math.ceil(cursor.position / alignment) * alignment;
  if (data + end > cursor.size) {
    throw new FormatError(`it has ${cursor.size} bytes; its tensors need ${data + end}`);
  }
  return parameters;
}

async function readString(cursor: FileCursor): Promise<string> {
  const length = await readLength(cursor);
  if (length > MAX_STRING_BYTES) throw new FormatError(`it has a string of ${length} bytes`);
  await cursor.fill(length);
  return cursor.bytes(length).toString('utf8');
}

async function readLength(cursor: FileCursor): Promise<number> {
  if (cursor.available < 8) await cursor.fill(8);
  return cursor.u64();
}

/** Undefined for an array. */
async function readValue(
  cursor: FileCursor,
  search: MarkerSearch | undefined,
): Promise<GgufValue | undefined> {
  checkHeaderSize(cursor);
  await cursor.fill(4);
  const type = cursor.u32();
  if (type === STRING) return readString(cursor);
  if (type === ARRAY) {
    await skipArray(cursor, search);
    return undefined;
  }
  const size = scalarSizes.get(type);
  if (size === undefined) throw new FormatError(`it has a value of unknown type ${type}`);
  await cursor.fill(size);
  return scalar(type, cursor.bytes(size));
}

function scalar(type: number, bytes: Buffer): GgufValue {
  switch (type) {
    case 1:
    case 3:
    case 5:
      return bytes.readIntLE(0, bytes.length);
    case 6:
      return bytes.readFloatLE();
    case 7:
      return bytes.readUInt8() !== 0;
    case 10:
      return Number(bytes.readBigUInt64LE());
    case 11:
      return Number(bytes.readBigInt64LE());
    case 12:
      return bytes.readDoubleLE();
    default:
      return bytes.readUIntLE(0, bytes.length);
  }
}

async function skipArray(cursor: FileCursor, search: MarkerSearch | undefined): Promise<void> {
  await cursor.fill(12);
  const type = cursor.u32();
  const count = cursor.u64();
  const size = scalarSizes.get(type);
  if (size !== undefined) {
    cursor.skip(count * size);
    return;
  }
  // llama.cpp writes no arrays of arrays, and refuses them.
  if (type !== STRING) throw new FormatError(`it has an array of unknown type ${type}`);
  for (let n = 0; n < count; n++) {
    // Waiting for nothing a million times over would cost more than the reading.
    if (cursor.available < 8) {
      checkHeaderSize(cursor);
      await cursor.fill(8);
    }
    const length = cursor.u64();
    if (search === undefined) {
      cursor.skip(length);
      continue;
    }
    if (length > MAX_STRING_BYTES) throw new FormatError(`it has a token of ${length} bytes`);
    if (cursor.available < length) await cursor.fill(length);
    search.look(cursor.bytes(length));
  }
}

function checkHeaderSize(cursor: FileCursor): void {
  if (cursor.position > MAX_HEADER_BYTES) {
    throw new FormatError(`its header is larger than ${MAX_HEADER_BYTES} bytes`);
  }
}

/** Looks through the vocabulary for a few texts, and for what the library would abort at. */
class MarkerSearch {
  readonly found = new Set<string>();
  /** Looked at. */
  tokens = 0;
  readonly #seen = new Set<string>();

  constructor(private readonly texts: ReadonlySet<string>) {}

  /** @throws FormatError for a second token of the same text; empty ones get names of their own. */
  look(token: Buffer): void {
    this.tokens++;
    // Tokens may be pieces of characters, which as UTF-8 would all look alike.
    const bytes = token.toString('latin1');
    const text = token.toString('utf8');
    if (bytes !== '' && this.#seen.has(bytes)) {
      throw new FormatError(`its vocabulary has the token "${text}" twice`);
    }
    this.#seen.add(bytes);
    if (this.texts.has(text)) this.found.add(text);
  }
}
