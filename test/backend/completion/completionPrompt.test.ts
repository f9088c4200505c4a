import { describe, expect, it } from 'vitest';
import { buildCompletionPrompt } from '../../../backend/completion/completionPrompt.ts';
import type { ModelMetadata } from '../../../backend/devices/device.ts';
import type { FillInOrder } from '../../../backend/protocol/documents.ts';
import { decodeFake, fakeModel, fillIn } from '../../support/fakeEngine.ts';

const texts = { before: 'def f():', after: '\nf()' };

interface Options {
  readonly written?: string;
  readonly before?: number;
  readonly after?: number;
  readonly order?: FillInOrder;
  readonly related?: string;
}

async function prompt(
  metadata: Partial<ModelMetadata>,
  { written = '', before = 100, after = 100, order, related = '' }: Options = {},
): Promise<string> {
  const model = fakeModel(metadata);
  const extra = { written, related: await model.encode([related]) };
  return decodeFake(
    await buildCompletionPrompt(model, { ...texts, ...extra }, { before, after }, order),
  );
}

describe('buildCompletionPrompt', () => {
  it('puts the suffix first, so that typing changes the end alone', async () => {
    expect(await prompt({ fillIn })).toBe('[70011]\nf()[70010]def f():[70012]');
  });

  it('can put the prefix first', async () => {
    expect(await prompt({ fillIn }, { order: 'prefix-suffix-middle' })).toBe(
      '[70010]def f():[70011]\nf()[70012]',
    );
  });

  it('is the raw text before the cursor for a model without fill-in tokens', async () => {
    expect(await prompt({})).toBe('def f():');
  });

  it('begins with BOS where the model asks for it', async () => {
    expect(await prompt({ addBos: true })).toBe('[70000]def f():');
    expect(await prompt({ addBos: true, fillIn })).toMatch(/^\[70000\]\[70011\]/);
  });

  it('puts texts from elsewhere where they stay the same for longest', async () => {
    expect(await prompt({}, { related: '# a\n' })).toBe('# a\ndef f():');
    expect(await prompt({ fillIn }, { related: '# a\n' })).toBe(
      '[70011]\nf()[70010]# a\ndef f():[70012]',
    );
    const repository = { ...fillIn, repository: 70_013, file: 70_014 };
    expect(await prompt({ fillIn: repository }, { related: 'a.py\n' })).toBe(
      'a.py\n[70011]\nf()[70010]def f():[70012]',
    );
  });

  it('goes on behind what the model has written', async () => {
    expect(await prompt({ fillIn }, { written: '\n  x' })).toMatch(/\[70012\]\n {2}x$/);
  });

  it('keeps what is next to the cursor when there are too many tokens', async () => {
    // The prefix loses its beginning in steps of a quarter of the budget: 8 tokens are 4 too many,
    // or 1 too many for 7.
    expect(await prompt({ fillIn }, { before: 4, after: 2 })).toBe('[70011]\nf[70010]f():[70012]');
    expect(await prompt({}, { before: 7 })).toBe('ef f():');
  });
});
