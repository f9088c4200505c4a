import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseTools, fitTools, usedTools } from '../../../backend/chat/fitTools.ts';
import { createChatFormat } from '../../../backend/models/chatPrompt.ts';
import type { ToolDefinition } from '../../../backend/protocol/chat.ts';
import { fakeModel } from '../../support/fakeEngine.ts';
import { hermesTemplate } from '../../support/toolTemplates.ts';

const model = fakeModel({ chatTemplate: hermesTemplate }, 8192);
const format = createChatFormat(model.metadata);

function tool(name: string, size: number): ToolDefinition {
  return { name, description: 'x'.repeat(size) };
}

const fit = (tools: readonly ToolDefinition[], used: string[] = [], share = 0.5) =>
  fitTools(model, format, tools, new Set(used), share);
const names = (tools: readonly ToolDefinition[]): string[] => tools.map(({ name }) => name);

describe('chooseTools', () => {
  const tools = ['a', 'b', 'c', 'd'].map((name) => tool(name, 1));

  it.each([
    [0, [], []],
    [2, [], ['a', 'b']],
    [2, ['d'], ['a', 'b', 'd']],
    [0, ['c', 'gone'], ['c']],
    [9, [], ['a', 'b', 'c', 'd']],
  ])('takes the first %i and the used %j', (count, used, expected) => {
    expect(names(chooseTools(tools, new Set(used), count))).toEqual(expected);
  });
});

describe('fitTools', () => {
  it('keeps all that fit', async () => {
    const tools = [tool('a', 100), tool('b', 100)];
    expect(await fit(tools)).toBe(tools);
  });

  it('keeps the first of forty, and what was used before', async () => {
    const tools = Array.from({ length: 40 }, (_, index) => tool(`t${index}`, 900));
    const kept = names(await fit(tools, ['t39']));
    expect(kept).toEqual(['t0', 't1', 't39']);
    expect(names(await fit(tools))).toEqual(['t0', 't1', 't2']);
  });

  it.each([
    ['one that is larger than the context', [tool('a', 16_000)], []],
    ['one of a megabyte', [tool('a', 1_000_000)], []],
    ['a used one that is too large', [tool('a', 16_000)], ['a']],
  ])('leaves out %s', async (_, tools, used) => {
    expect(await fit(tools, used)).toEqual([]);
  });

  it('keeps used ones alone, where nothing else fits', async () => {
    expect(names(await fit([tool('a', 9000), tool('b', 10)], ['b']))).toEqual(['b']);
  });

  it('stays within its share, and could not have taken one more', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.constantFrom(0.5, 0.25, 0.1), async (lengths, share) => {
        const tools = lengths.map((length, index) => tool(`t${index}`, length));
        const tokensOf = async (count: number): Promise<number> => {
          const asking = [{ role: 'user' as const, content: '?' }];
          const { pieces } = format.build(asking, { tools: tools.slice(0, count) });
          return (await model.encode(pieces)).length;
        };
        const kept = await fit(tools, [], share);
        expect(kept).toEqual(tools.slice(0, kept.length));
        if (kept.length > 0) expect(await tokensOf(kept.length)).toBeLessThanOrEqual(8192 * share);
        if (kept.length < tools.length) {
          expect(await tokensOf(kept.length + 1)).toBeGreaterThan(8192 * share);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('usedTools', () => {
  it('knows every name that was called', () => {
    const toolCalls = ['a', 'b', 'a'].map((name, index) => ({
      id: `${index}`,
      name,
      arguments: {},
    }));
    expect(
      usedTools([
        { role: 'user', content: '' },
        { role: 'assistant', content: '', toolCalls },
      ]),
    ).toEqual(new Set(['a', 'b']));
  });
});
