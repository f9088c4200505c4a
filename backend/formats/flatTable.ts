/**
 * FlatBuffers without trust: every offset is checked before it is followed, and the work is bounded
 * by the size of the buffer. Format: https://flatbuffers.dev/internals/.
 *
 * The npm package flatbuffers 25.9.23 has no verifier: it reads bytes past the end as zeros and
 * follows any offset, so a damaged file would pass as an empty one. The tests write with it.
 */
import { FormatError } from './fileCursor.ts';

/** An offset to a table, string or vector, and a vector's length. */
const OFFSET_BYTES = 4;
/** The two lengths at the beginning of a vtable. */
const VTABLE_HEADER_BYTES = 4;
/** A writer may share strings and tables; a file that does so without end is an attack. */
const VISITS_PER_BYTE = 4;

interface Source {
  readonly bytes: Buffer;
  /** Bytes that may still be visited. */
  budget: number;
}

/** One table. Fields are named by their id in the schema; an absent one is undefined or empty. */
export class FlatTable {
  readonly #vtable: number;
  readonly #fields: number;
  readonly #size: number;

  private constructor(
    private readonly source: Source,
    private readonly at: number,
  ) {
    spend(source, OFFSET_BYTES);
    this.#vtable = at - readAt(source, at, 4).readInt32LE();
    const header = readAt(source, this.#vtable, VTABLE_HEADER_BYTES);
    this.#fields = (header.readUInt16LE() - VTABLE_HEADER_BYTES) / 2;
    this.#size = header.readUInt16LE(2);
    if (!Number.isInteger(this.#fields) || this.#fields < 0) throw damaged();
    readAt(source, this.#vtable, VTABLE_HEADER_BYTES + this.#fields * 2);
    readAt(source, at, this.#size);
  }

  /** The table that the buffer begins with a reference to. @throws FormatError */
  static root(bytes: Buffer): FlatTable {
    const source = { bytes, budget: bytes.length * VISITS_PER_BYTE };
    return new FlatTable(source, readAt(source, 0, OFFSET_BYTES).readUInt32LE());
  }

  u32(field: number): number {
    return this.#scalar(field, 4)?.readUInt32LE() ?? 0;
  }

  i32(field: number): number {
    return this.#scalar(field, 4)?.readInt32LE() ?? 0;
  }

  /** An unsigned 64-bit integer. @throws FormatError above 2^53, more than any size or shape */
  u64(field: number): number {
    const bytes = this.#scalar(field, 8);
    return bytes === undefined ? 0 : exact(bytes.readBigUInt64LE());
  }

  text(field: number): string | undefined {
    const at = this.#target(field);
    return at === undefined ? undefined : this.#vector(at, 1).toString('utf8');
  }

  /** @throws FormatError when it is absent */
  requiredText(field: number): string {
    const text = this.text(field);
    if (text === undefined) throw damaged();
    return text;
  }

  /** The bytes of a vector of ubyte. */
  bytes(field: number): Buffer | undefined {
    const at = this.#target(field);
    return at === undefined ? undefined : this.#vector(at, 1);
  }

  /** A vector of unsigned 64-bit integers. */
  u64s(field: number): number[] {
    return this.#elements(field, 8).map((bytes) => exact(bytes.readBigUInt64LE()));
  }

  table(field: number): FlatTable | undefined {
    const at = this.#target(field);
    return at === undefined ? undefined : new FlatTable(this.source, at);
  }

  tables(field: number): FlatTable[] {
    const start = this.#target(field);
    return this.#elements(field, OFFSET_BYTES).map((bytes, n) => {
      const at = (start ?? 0) + OFFSET_BYTES * (n + 1);
      return new FlatTable(this.source, at + bytes.readUInt32LE());
    });
  }

  /** A struct of two unsigned 64-bit integers. */
  pair(field: number): [number, number] | undefined {
    const bytes = this.#scalar(field, 16);
    return bytes && toPair(bytes);
  }

  pairs(field: number): [number, number][] {
    return this.#elements(field, 16).map(toPair);
  }

  /** The bytes of a value stored inside the table. */
  #scalar(field: number, size: number): Buffer | undefined {
    if (field >= this.#fields) return undefined;
    const entry = readAt(this.source, this.#vtable + VTABLE_HEADER_BYTES + field * 2, 2);
    const offset = entry.readUInt16LE();
    if (offset === 0) return undefined;
    if (offset < OFFSET_BYTES || offset + size > this.#size) throw damaged();
    return readAt(this.source, this.at + offset, size);
  }

  /** Where a value stored elsewhere begins. */
  #target(field: number): number | undefined {
    const reference = this.#scalar(field, OFFSET_BYTES);
    if (reference === undefined) return undefined;
    return reference.byteOffset - this.source.bytes.byteOffset + reference.readUInt32LE();
  }

  #vector(at: number, elementBytes: number): Buffer {
    const bytes = readAt(this.source, at, OFFSET_BYTES).readUInt32LE() * elementBytes;
    spend(this.source, OFFSET_BYTES + bytes);
    return readAt(this.source, at + OFFSET_BYTES, bytes);
  }

  #elements(field: number, elementBytes: number): Buffer[] {
    const at = this.#target(field);
    if (at === undefined) return [];
    const all = this.#vector(at, elementBytes);
    return Array.from({ length: all.length / elementBytes }, (_, n) =>
      all.subarray(n * elementBytes, (n + 1) * elementBytes),
    );
  }
}

function readAt({ bytes }: Source, at: number, length: number): Buffer {
  if (at < 0 || at + length > bytes.length) throw damaged();
  return bytes.subarray(at, at + length);
}

function spend(source: Source, bytes: number): void {
  source.budget -= bytes;
  if (source.budget < 0) throw damaged();
}

function toPair(bytes: Buffer): [number, number] {
  return [exact(bytes.readBigUInt64LE()), exact(bytes.readBigUInt64LE(8))];
}

function exact(value: bigint): number {
  if (value > Number.MAX_SAFE_INTEGER) throw new FormatError(`it has the number ${value}`);
  return Number(value);
}

function damaged(): FormatError {
  return new FormatError('its description of the nets is damaged');
}
