import { describe, expect, it } from 'vitest';
import { toPlainText } from '../../../backend/formats/plainText.ts';

describe('toPlainText', () => {
  it('cannot steer a terminal', () => {
    expect(toPlainText('Tiny\x1b]0;title\x07\r\nmodel\u202e')).toBe('Tiny ]0;title model ');
  });
});
