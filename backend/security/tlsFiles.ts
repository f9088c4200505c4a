/** Certificate and key of the backend. */
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { PilotError } from '../protocol/errors.ts';

export interface TlsFiles {
  /** PEM, with the chain. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

/**
 * Reads and checks the files, as there is nothing to listen with when they are no pair.
 * @returns undefined when none are given
 * @throws PilotError configInvalid
 */
export async function readTlsFiles({
  tlsCert,
  tlsKey,
}: {
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
}): Promise<TlsFiles | undefined> {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  try {
    const [cert, key] = await Promise.all([readFile(tlsCert, 'utf8'), readFile(tlsKey, 'utf8')]);
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PilotError('configInvalid', { reason: `tlsCert, tlsKey: ${reason}.` }, { cause });
  }
}
