import { describe, expect, it } from 'vitest';
import { fillInFormat, fillInTokens } from '../../../backend/completion/fillInFormat.ts';

const fillIn = { prefix: 1, suffix: 2, middle: 3 };
const formatOf = (text: string, architecture = 'any') =>
  fillInFormat({ architecture, fillIn, specialTokens: [{ id: 1, text }] });

describe('fillInFormat', () => {
  it.each([
    ['<|fim_prefix|>', 'qwen2', 'suffix-prefix-middle', 'plain'],
    ['<|fim_prefix|>', 'gemma', 'suffix-prefix-middle', 'plain'],
    ['<fim_prefix>', 'starcoder2', 'suffix-prefix-middle', 'compatible'],
    ['<fim-prefix>', 'gpt_bigcode', 'suffix-prefix-middle', 'compatible'],
    ['▁<PRE>', 'llama', 'suffix-prefix-middle', 'compatible'],
    ['<｜fim▁begin｜>', 'llama', 'prefix-suffix-middle', 'plain'],
    ['<unheard-of>', 'llama', 'suffix-prefix-middle', 'plain'],
  ])('of %s in %s', (text, architecture, order, suffixFirst) => {
    expect(formatOf(text, architecture)).toMatchObject({ order, suffixFirst });
  });

  it.each([
    ['suffix-prefix-middle', 'plain', [2, 20, 1, 10, 3]],
    ['suffix-prefix-middle', 'compatible', [1, 2, 20, 3, 10]],
    ['prefix-suffix-middle', 'plain', [1, 10, 2, 20, 3]],
    ['prefix-suffix-middle', 'compatible', [1, 10, 2, 20, 3]],
  ] as const)('%s, %s', (order, suffixFirst, tokens) => {
    expect(fillInTokens(fillIn, [10], [20], { order, suffixFirst })).toEqual(tokens);
  });
});
