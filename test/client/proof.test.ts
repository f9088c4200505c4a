import { describe, expect, it } from 'vitest';
import { equalSecrets, hashToken, keyId, proofFor } from '../../backend/client/proof.ts';

describe('the proof', () => {
  // Computed with OpenSSL from the description in PROTOCOL.md, for clients in other languages.
  const token = '0123456789abcdef'.repeat(4);
  const hash = 'a8ae6e6ee929abea3afcfc5258c8ccd6f85273e0d4626d26c7279f3250f77c8e';
  const nonce = '00ff'.repeat(8);

  it('is what the protocol says', () => {
    expect(hashToken(token)).toBe(hash);
    expect(keyId(hash)).toBe('9a14b2959b9de901');
    expect(proofFor(hash, nonce)).toBe(
      'c96c49fa956233307729a484ead0981d4f6488c636df3925b1ce870e19f24047',
    );
  });

  it('is another for another nonce or token', () => {
    const proofs = [
      proofFor(hash, nonce),
      proofFor(hash, `${nonce}0`),
      proofFor(hashToken('x'), nonce),
    ];
    expect(new Set(proofs).size).toBe(3);
  });
});

describe('equalSecrets', () => {
  it.each([
    ['abc', 'abc', true],
    ['abc', 'abd', false],
    ['abc', 'ab', false],
    ['', '', true],
    ['é', 'e', false],
  ])('%j and %j: %s', (a, b, expected) => {
    expect(equalSecrets(a, b)).toBe(expected);
  });
});
