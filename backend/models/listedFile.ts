/** A file of a model against what its manifest says of it. */
import { PilotError } from '../protocol/errors.ts';
import type { StoredFile } from './pullContext.ts';

export function damaged(file: string, reason: string, cause?: unknown): PilotError {
  return new PilotError('modelDamaged', { file, reason }, { cause });
}

/** @throws PilotError modelDamaged naming the file */
export function requireSize(file: string, size: number, listed: Pick<StoredFile, 'size'>): void {
  if (size === listed.size) return;
  throw damaged(file, `it has ${size} bytes, and its manifest says ${listed.size}`);
}

/** @throws PilotError modelDamaged naming the file */
export function requireSum(
  file: string,
  sha256: string | undefined,
  listed: Pick<StoredFile, 'sha256'>,
): void {
  if (sha256 !== listed.sha256) throw damaged(file, 'its sha256 is not the one in its manifest');
}
