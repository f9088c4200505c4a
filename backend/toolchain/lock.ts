/** The lock file: which wheels the compiler's Python environment is made of, byte for byte. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';

const LockedPackage = z.object({
  /** As package indexes compare names: lower case, with dashes. */
  name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  version: z.string().regex(/^[0-9][\w.!+-]*$/),
  /** Name of the wheel for CPython 3.10 on x86-64 Linux. */
  file: z.string().regex(/^[\w.+-]+\.whl$/),
  /** Size of the wheel, which is what is downloaded. */
  bytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type LockedPackage = z.infer<typeof LockedPackage>;

const ToolchainLock = z.object({
  /** The Python that the wheels are for, such as `3.10`. */
  python: z.string().regex(/^\d+\.\d+$/),
  packages: z.array(LockedPackage).min(1),
  /** The maker of environments that brings a Python; runs from a folder of its own. */
  uv: LockedPackage,
});
export type ToolchainLock = z.infer<typeof ToolchainLock>;

/** Beside this file in the sources, beside the bundle in a build. */
const SHIPPED = path.join(import.meta.dirname, 'python');

/** A file of backend/toolchain/python as text. */
export function shippedText(name: string): Promise<string> {
  return readFile(path.join(SHIPPED, name), 'utf8');
}

/** @throws ZodError, SyntaxError when the text is no lock file */
export function parseLock(text: string): ToolchainLock {
  const lock = ToolchainLock.parse(JSON.parse(text));
  const names = new Set(lock.packages.map(({ name }) => name));
  if (names.size !== lock.packages.length) throw new Error('The lock file names a package twice.');
  return lock;
}

export interface LockFile {
  readonly lock: ToolchainLock;
  /** sha256 of the file: what was checked against another one is to be checked again. */
  readonly digest: string;
}

export async function readLockFile(): Promise<LockFile> {
  const text = await shippedText('lock.json');
  return { lock: parseLock(text), digest: createHash('sha256').update(text).digest('hex') };
}

/** A line of a requirements file that pip installs only when the sha256 is right. */
export function requirementLine({ name, version, sha256 }: LockedPackage): string {
  return `${name}==${version} --hash=sha256:${sha256}`;
}

/** `Ruamel.Yaml_x` as `ruamel-yaml-x` (PEP 503). */
export function normalizedName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** Whether an installed version is the locked one; `2.4.1+cpu` is a build of `2.4.1` (PEP 440). */
export function isVersion(locked: string, installed: string): boolean {
  return installed === locked || installed.split('+')[0] === locked;
}
