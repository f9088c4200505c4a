/** Where a backend is and what opens it. */
import { readFile } from 'node:fs/promises';
import tls from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { PilotError } from '../protocol/errors.ts';
import type { Instance } from './instanceFile.ts';

export interface Target {
  /** `ws://host:port` or `wss://host:port`. */
  readonly url: string;
  readonly token: string;
  /** For `wss://`: what to trust beside or instead of the system's authorities. */
  readonly tls?: Pick<ConnectionOptions, 'ca' | 'checkServerIdentity' | 'rejectUnauthorized'>;
}

/**
 * The backend that an instance file or a ready line of this machine describes.
 * @throws PilotError backendUnreachable when the token file cannot be read
 */
export async function localTarget(
  instance: Pick<Instance, 'url' | 'tokenFile' | 'certFile'>,
): Promise<Target> {
  try {
    const token = (await readFile(instance.tokenFile, 'utf8')).trim();
    if (instance.certFile === undefined) return { url: instance.url, token };
    const certificate = await readFile(instance.certFile, 'utf8');
    // The certificate names the host as others know it, and this side calls it 127.0.0.1. The files
    // are the owner's, so the certificate itself is what there is to trust.
    const trust = {
      ca: [...tls.rootCertificates, certificate],
      checkServerIdentity: () => undefined,
    };
    return { url: instance.url, token, tls: trust };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PilotError('backendUnreachable', { url: instance.url, reason }, { cause });
  }
}
