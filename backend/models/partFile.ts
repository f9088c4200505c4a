/** A file that grows, with the sha256 of what it holds so far. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

export class PartFile {
  #size = 0;
  #hash: Hash = createHash('sha256');

  private constructor(private readonly file: FileHandle) {}

  /** Opens the file, or makes it; what it holds is kept and hashed. */
  static async open(path: string, signal: AbortSignal): Promise<PartFile> {
    const part = new PartFile(await open(path, 'a'));
    try {
      const { size } = await part.file.stat();
      if (size > 0) {
        for await (const chunk of readChunks(path, signal)) part.#count(chunk);
      }
      return part;
    } catch (error) {
      await part.close();
      throw error;
    }
  }

  get size(): number {
    return this.#size;
  }

  /** When it rejects, the file is as it was before. */
  async append(chunk: Uint8Array): Promise<void> {
    try {
      await this.file.appendFile(chunk);
    } catch (error) {
      // What made the writing fail matters more than that this fails as well.
      await this.file.truncate(this.#size).catch(() => undefined);
      throw error;
    }
    this.#count(chunk);
  }

  async clear(): Promise<void> {
    if (this.#size === 0) return;
    await this.file.truncate(0);
    this.#size = 0;
    this.#hash = createHash('sha256');
  }

  /** Of what it holds now, in hex. */
  sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Until this has resolved, a power cut may lose bytes. */
  flush(): Promise<void> {
    return this.file.datasync();
  }

  close(): Promise<void> {
    return this.file.close();
  }

  #count(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#size += chunk.byteLength;
  }
}

const READ_BYTES = 1024 * 1024;

/** A file's bytes from its beginning. */
export function readChunks(path: string, signal: AbortSignal): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: READ_BYTES, signal });
}

/** sha256 of a file in hex; `onBytes` gets the length of each piece read. */
export async function hashFile(
  path: string,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readChunks(path, signal)) {
    hash.update(chunk);
    onBytes(chunk.length);
  }
  return hash.digest('hex');
}
