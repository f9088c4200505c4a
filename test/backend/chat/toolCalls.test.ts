import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerParser } from '../../../backend/chat/answerParser.ts';
import type { ChatProgress, ToolDefinition } from '../../../backend/protocol/chat.ts';
import { listFiles, readFile } from '../../support/toolTemplates.ts';

interface Parsed {
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly (readonly [string, unknown])[];
  readonly notices: readonly string[];
}

interface Options {
  readonly tools?: readonly ToolDefinition[];
  readonly opening?: string;
  readonly isWhole?: boolean;
  readonly thinkingOpen?: boolean;
}

function parse(
  pieces: readonly string[],
  {
    tools = [readFile, listFiles],
    opening = '',
    isWhole = true,
    thinkingOpen = false,
  }: Options = {},
): Parsed {
  const parser = new AnswerParser({ thinkingOpen, tools, opening });
  const parts = [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end(isWhole)];
  const joined = (kind: ChatProgress['kind']): string =>
    parts.map((part) => (part.kind === kind && 'text' in part ? part.text : '')).join('');
  const calls = parts.flatMap((part) => (part.kind === 'toolCall' ? [part.call] : []));
  // What the result will say is what was streamed.
  expect(parser.text).toBe(joined('text'));
  expect(parser.toolCalls).toEqual(calls);
  expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
  return {
    text: joined('text'),
    thinking: joined('thinking'),
    calls: calls.map(({ name, arguments: values }) => [name, values]),
    notices: parts.flatMap((part) => (part.kind === 'notice' ? [part.message] : [])),
  };
}

const call = (path: string): string =>
  `<tool_call>\n{"name": "read_file", "arguments": {"path": ${JSON.stringify(path)}}}\n</tool_call>`;
const called = (path: string): readonly [string, unknown] => ['read_file', { path }];
const bare = '{"name": "read_file", "parameters": {"path": "a"}}';

const cases: [string, string, Partial<Parsed>][] = [
  ['a call alone', call('a'), { text: '', calls: [called('a')] }],
  ['words before a call', `I look.\n${call('a')}`, { text: 'I look.', calls: [called('a')] }],
  ['a call on the same line', `I look. ${call('a')}`, { text: 'I look.', calls: [called('a')] }],
  ['two calls', `${call('a')}\n${call('b')}`, { text: '', calls: [called('a'), called('b')] }],
  ['words after a call', `A.\n${call('a')}\nB.`, { text: 'A.\n\nB.', calls: [called('a')] }],
  [
    'thinking first',
    `<think>\nUse ${call('x')}?\n</think>\n\n${call('a')}`,
    { thinking: `Use ${call('x')}?`, text: '', calls: [called('a')] },
  ],
  ['a closing tag in an argument', call('</tool_call>'), { calls: [called('</tool_call>')] }],
  ['an opening tag in an argument', call('<tool_call>'), { calls: [called('<tool_call>')] }],
  ['no closing tag', call('a').replace('</tool_call>', ''), { text: '', calls: [called('a')] }],
  ['JSON alone', bare, { text: '', calls: [called('a')] }],
  ['JSON in a fence', `\`\`\`json\n${bare}\n\`\`\``, { text: '', calls: [called('a')] }],
  [
    'JSON in a fence and a remark',
    `\`\`\`json\n${bare}\n\`\`\`\nThis reads it.`,
    { text: 'This reads it.', calls: [called('a')] },
  ],
  ['several JSON calls', `${bare}; ${bare}`, { text: '', calls: [called('a'), called('a')] }],
  [
    'the name of the tag',
    'Qwen writes `<tool_call>` first.',
    { text: 'Qwen writes `<tool_call>` first.', calls: [] },
  ],
  ['an answer in JSON', '{"name": "left-pad", "version": 1}', { calls: [] }],
  ['code in a fence', '```python\nprint("{}")\n```', { text: '```python\nprint("{}")\n```' }],
  ['half a tag', 'a <tool_ca', { text: 'a <tool_ca', calls: [] }],
  ['broken JSON', '<tool_call>\n{name: read}\n</tool_call>', { text: '{name: read}', calls: [] }],
  ['an empty call', '<tool_call></tool_call>', { text: '', calls: [] }],
  [
    'an unknown tool',
    '<tool_call>\n{"name": "fly", "arguments": {}}\n</tool_call>',
    {
      text: '{"name": "fly", "arguments": {}}',
      calls: [],
      notices: ['The model asked for a tool that does not exist: fly.'],
    },
  ],
];

describe('AnswerParser with tools', () => {
  it.each(cases)('parts %s', (_, answer, expected) => {
    expect(parse([answer])).toMatchObject(expected);
  });

  it.each(cases)('parts %s the same one character at a time', (_, answer, expected) => {
    expect(parse(answer.split(''))).toMatchObject(expected);
  });

  it('gives text out while it comes, and a call when it is whole', () => {
    const parser = new AnswerParser({ thinkingOpen: false, tools: [readFile], opening: '' });
    expect(parser.push('I look')).toEqual([{ kind: 'text', text: 'I look' }]);
    expect(parser.push(` now. ${call('a').slice(0, -1)}`)).toEqual([
      { kind: 'text', text: ' now.' },
    ]);
    expect(parser.push('>')).toMatchObject([{ kind: 'toolCall', call: { name: 'read_file' } }]);
  });

  it('does not hold an answer in JSON back once it names no tool', () => {
    const parser = new AnswerParser({ thinkingOpen: false, tools: [readFile], opening: '' });
    expect(parser.push('{"name": "left-pad",')).toEqual([
      { kind: 'text', text: '{"name": "left-pad",' },
    ]);
  });

  it('makes no call of what was cut off', () => {
    const cut = call('a').slice(0, -20);
    expect(parse([cut], { isWhole: false })).toMatchObject({ calls: [] });
    expect(parse([cut], { isWhole: false }).text).toContain('"read_file"');
  });

  it('leaves everything to the text when no tools were offered', () => {
    expect(parse([call('a')], { tools: [] })).toMatchObject({ text: call('a'), calls: [] });
  });

  it('goes on from what the prompt has written of a call', () => {
    const opening = '<tool_call>\n{"name": "read_file", "';
    const answer = 'arguments": {"path": "a"}}\n</tool_call>';
    expect(parse([answer], { opening })).toMatchObject({ text: '', calls: [called('a')] });
  });

  it('finds a call that is opened within what looked like one', () => {
    const { text, calls } = parse(['```json\n', bare, '<tool_call>', bare]);
    expect(text).not.toContain('<tool_call>');
    expect(calls.length).toBeGreaterThan(0);
  });

  it('gives at most as many calls as a message may have', () => {
    const many = Array.from({ length: 200 }, (_, index) => call(String(index))).join('\n');
    expect(parse([many]).calls).toHaveLength(64);
  });

  it('does not depend on where the stream is cut, and lets no tag through', () => {
    const parts = fc.constantFrom(
      ...['<tool_call>', '</tool_call>', '<think>', '</think>', bare, '\n', ' ', 'word', '{', '<'],
      ...['tool_', '"', '```json\n', '`'],
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 16 }), fc.boolean(), (pieces, thinkingOpen) => {
        const streamed = parse(pieces, { thinkingOpen });
        expect(streamed).toEqual(parse([pieces.join('')], { thinkingOpen }));
        expect(streamed.text).not.toMatch(/(?<!`)<tool_call>\s*\{"name": "read_file"/);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps any text that has no tags', () => {
    const words = fc.array(fc.constantFrom('a', ' ', '\n', '{', '}', '"', ':', '`', '[', 'name'));
    fc.assert(
      fc.property(words, (pieces) => {
        const plain = pieces.join('').trim();
        expect(parse(pieces).text).toBe(plain);
      }),
    );
  });
});
