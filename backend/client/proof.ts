/** How a backend shows that it knows a token. Both sides of the websocket compute with this file. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { KEY_PREFIX, PROOF_PREFIX } from '../protocol/handshake.ts';

/** sha256 of a token, hex: all that a backend stores of a named token. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** The public name of a token, from its hash: 16 hex digits. */
export function keyId(tokenHash: string): string {
  return createHash('sha256')
    .update(KEY_PREFIX + tokenHash)
    .digest('hex')
    .slice(0, 16);
}

/** The proof for one nonce, hex; see PROOF_HEADER. */
export function proofFor(tokenHash: string, nonce: string): string {
  return createHmac('sha256', Buffer.from(tokenHash, 'hex'))
    .update(PROOF_PREFIX + nonce)
    .digest('hex');
}

/** Compares in a time that depends on the lengths alone. */
export function equalSecrets(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
