/** What a shared library is built for. Header: ELF specification, "ELF Header", `Elf64_Ehdr`. */
import { open } from 'node:fs/promises';
import { FormatError } from './fileCursor.ts';

/** `e_machine` to the name that Node.js has for it (`process.arch`). */
const machines: Readonly<Record<number, string>> = {
  3: 'ia32',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};

const HEADER_BYTES = 20;
const MAGIC = 0x7f454c46;

/**
 * The architecture as `process.arch` has it, or `machine N` for one without such a name.
 * @throws FormatError when the file is no ELF file
 */
export async function readElfArchitecture(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    const { bytesRead } = await handle.read(header, 0, HEADER_BYTES, 0);
    if (bytesRead < HEADER_BYTES || header.readUInt32BE(0) !== MAGIC) {
      throw new FormatError('it is no shared library');
    }
    // EI_DATA: 2 is big endian.
    const machine = header[5] === 2 ? header.readUInt16BE(18) : header.readUInt16LE(18);
    return machines[machine] ?? `machine ${machine}`;
  } finally {
    await handle.close();
  }
}
