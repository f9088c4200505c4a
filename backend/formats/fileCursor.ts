/** Reads a local file forwards through one small buffer, refusing to read past its end. */
import type { FileHandle } from 'node:fs/promises';
import { toPlainText } from './plainText.ts';

/** A file that is not what its format says; the message is the reason, for `modelInvalid`. */
export class FormatError extends Error {
  override readonly name = 'FormatError';

  constructor(reason: string) {
    super(toPlainText(reason));
  }
}

const CHUNK_BYTES = 1024 * 1024;

/**
 * Little-endian values in file order. Call `fill(n)` before reading n bytes when `available` is
 * less; the readers themselves are synchronous, because a vocabulary has 10^5 strings.
 */
export class FileCursor {
  #buffer = Buffer.alloc(0);
  /** Offset in the file of the buffer's first byte. */
  #base = 0;
  #at = 0;

  constructor(
    private readonly file: FileHandle,
    readonly size: number,
  ) {}

  /** Offset in the file of the next byte. */
  get position(): number {
    return this.#base + this.#at;
  }

  get available(): number {
    return this.#buffer.length - this.#at;
  }

  /** Bytes between here and the end of the file. */
  get remaining(): number {
    return this.size - this.position;
  }

  /** @throws FormatError when the file ends before `bytes` more bytes. */
  async fill(bytes: number): Promise<void> {
    if (this.available >= bytes) return;
    if (this.remaining < bytes) throw new FormatError('it is cut short inside its header');
    const rest = this.#buffer.subarray(this.#at);
    const wanted = Math.min(Math.max(bytes, CHUNK_BYTES), this.remaining);
    const next = Buffer.allocUnsafe(wanted);
    rest.copy(next);
    this.#base = this.position;
    this.#at = 0;
    let filled = rest.length;
    while (filled < wanted) {
      const { bytesRead } = await this.file.read(
        next,
        filled,
        wanted - filled,
        this.#base + filled,
      );
      if (bytesRead === 0) throw new FormatError('it became shorter while it was read');
      filled += bytesRead;
    }
    this.#buffer = next;
  }

  /** Goes past bytes without reading those that are not in the buffer. */
  skip(bytes: number): void {
    if (this.remaining < bytes) throw new FormatError('it is cut short inside its header');
    if (bytes <= this.available) {
      this.#at += bytes;
    } else {
      this.#base = this.position + bytes;
      this.#buffer = Buffer.alloc(0);
      this.#at = 0;
    }
  }

  /** Valid until the next `fill`. */
  bytes(count: number): Buffer {
    this.#at += count;
    return this.#buffer.subarray(this.#at - count, this.#at);
  }

  u8(): number {
    return this.#buffer.readUInt8(this.#advance(1));
  }

  u32(): number {
    return this.#buffer.readUInt32LE(this.#advance(4));
  }

  /** Above 2^53 the value is inexact, which is still far more than any file's size. */
  u64(): number {
    const at = this.#advance(8);
    return this.#buffer.readUInt32LE(at) + this.#buffer.readUInt32LE(at + 4) * 2 ** 32;
  }

  #advance(bytes: number): number {
    this.#at += bytes;
    return this.#at - bytes;
  }
}
