import { describe, expect, it } from 'vitest';
import { errorTable } from '../../backend/protocol/errorTable.ts';
import { requests } from '../../backend/protocol/methods.ts';
import { protocolDoc } from '../support/protocolDoc.ts';

describe('PROTOCOL.md', () => {
  it('is what the schemas say', async () => {
    await expect(await protocolDoc()).toMatchFileSnapshot('../../backend/protocol/PROTOCOL.md');
  });

  it('has every method and every error', async () => {
    const text = await protocolDoc();
    for (const method of Object.keys(requests)) expect(text).toContain(`### \`${method}\``);
    for (const [name, { code }] of Object.entries(errorTable)) {
      expect(text).toMatch(new RegExp(`\\| +${code} \\| ${name} `));
    }
  });
});
