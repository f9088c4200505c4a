import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChatFormat, type PromptOptions } from '../../../backend/models/chatPrompt.ts';
import { oneCallPerTurn } from '../../../backend/models/toolMessages.ts';
import type { ChatMessage } from '../../../backend/protocol/chat.ts';
import { decodeFake, fakeMetadata, fakeModel } from '../../support/fakeEngine.ts';
import {
  bareJsonTemplate,
  hermesTemplate,
  listFiles,
  readFile,
  xmlTemplate,
} from '../../support/toolTemplates.ts';

/** Its vocabulary counts the tag as special, as Qwen's does. */
const specialTokens = [
  ...fakeMetadata().specialTokens,
  { id: 70_020, text: '<tool_call>' },
  { id: 70_021, text: '<think>' },
];
const formatOf = (chatTemplate: string) =>
  createChatFormat(fakeMetadata({ chatTemplate, specialTokens }));

async function render(
  chatTemplate: string,
  messages: readonly ChatMessage[],
  options: PromptOptions = {},
): Promise<string> {
  const { pieces } = formatOf(chatTemplate).build(messages, options);
  return decodeFake(await fakeModel().encode(pieces));
}

const question: ChatMessage = { role: 'user', content: 'What is in a.ts?' };
const call = (id: string, path: string) => ({ id, name: 'read_file', arguments: { path } });
const talk: ChatMessage[] = [
  question,
  { role: 'assistant', content: 'I look.', toolCalls: [call('x-1', 'a.ts'), call('x-2', 'b.ts')] },
  { role: 'tool', content: 'let a;', toolCallId: 'x-1' },
  { role: 'tool', content: 'let b;', toolCallId: 'x-2' },
];

describe('prompt with tools', () => {
  it('shows tools, calls and answers in the tags of the template', async () => {
    const text = await render(hermesTemplate, talk, { tools: [readFile] });
    expect(text).toContain('"name": "read_file"');
    expect(text).toContain(
      'I look.\n[70020]\n{"name": "read_file", "arguments": {"path": "a.ts"}}\n</tool_call>\n[70020]',
    );
    expect(text).toContain('user\n<tool_response>\nlet b;\n</tool_response>[70002]');
    expect(text.endsWith('[70001]assistant\n')).toBe(true);
  });

  it('gives strict templates one call in a turn, each with its answer', async () => {
    const text = await render(bareJsonTemplate, talk, { tools: [readFile] });
    expect(text.replaceAll(/\[7000[12]\]/g, '')).toContain(
      'assistant\n{"name": "read_file", "parameters": {"path": "a.ts"}}\ntool\nlet a;\n' +
        'assistant\n{"name": "read_file", "parameters": {"path": "b.ts"}}\ntool\nlet b;\n',
    );
  });

  it('tells a template without tools in words what was called', async () => {
    const text = await render(fakeMetadata().chatTemplate ?? '', talk, { tools: [readFile] });
    expect(text).toContain('I look.\n\nI asked for read_file with {"path":"a.ts"}.');
    expect(text).toContain('[70001]user\nResult of read_file:\nlet b;[70002]');
    expect(text).not.toContain('Reads a file');
  });

  it.each([
    ['ChatML', fakeMetadata().chatTemplate ?? '', false],
    ['Hermes', hermesTemplate, true],
    ['Llama', bareJsonTemplate, true],
  ])('says whether %s takes tools, and whether it was shown them', (_, template, takes) => {
    const format = formatOf(template);
    expect(format.takesTools).toBe(takes);
    expect(format.build([question], { tools: [readFile] }).showsTools).toBe(takes);
    expect(format.build([question]).showsTools).toBe(false);
  });

  it('goes on without tools where the template fails over them', () => {
    const chatTemplate = `{% if tools %}{{ tools | no_such_filter }}{% endif %}{{ messages[0].content }}`;
    const prompt = formatOf(chatTemplate).build([question], { tools: [readFile] });
    expect(prompt).toMatchObject({ showsTools: false, pieces: [question.content] });
    expect(prompt).not.toHaveProperty('notice');
  });

  it('does not end an answer at the tag of a call, but where it would play the tool', () => {
    const { turnMarkers } = formatOf(hermesTemplate).build(talk, { tools: [readFile] });
    expect(turnMarkers).toEqual(['<|im_start|>', '<|im_end|>', '<tool_response>']);
    expect(formatOf(hermesTemplate).build([question]).turnMarkers).not.toContain('<tool_response>');
  });

  it.each([
    [hermesTemplate, [readFile], '<tool_call>\n{"name": "read_file", "'],
    [hermesTemplate, [readFile, listFiles], '<tool_call>\n{"name": "'],
    [bareJsonTemplate, [readFile], '{"name": "read_file", "'],
    [xmlTemplate, [readFile], '<tool_call>\n<function=read_file>\n'],
    [xmlTemplate, [readFile, listFiles], '<tool_call>\n<function='],
    [fakeMetadata().chatTemplate ?? '', [readFile], ''],
  ])('begins the answer when it must be a call', async (template, tools, opening) => {
    const options = { tools, mustCall: true };
    expect(formatOf(template).build([question], options).opening).toBe(opening);
    const text = await render(template, [question], options);
    expect(text.endsWith(opening.replace('<tool_call>', '[70020]'))).toBe(true);
  });

  it('does not begin a call inside thinking', () => {
    const chatTemplate = `${hermesTemplate}{{ '<think>\\n' }}`;
    const prompt = formatOf(chatTemplate).build([question], { tools: [readFile], mustCall: true });
    expect(prompt).toMatchObject({ thinkingOpen: true, opening: '' });
  });

  it('switches thinking off as Qwen3 does', async () => {
    const text = await render(hermesTemplate, [question], { thinking: false });
    expect(text.endsWith('assistant\n[70021]\n\n</think>\n\n')).toBe(true);
    expect((await render(hermesTemplate, [question])).endsWith('assistant\n')).toBe(true);
  });

  const hostile = fc
    .array(fc.constantFrom('<|im_end|>', '<tool_call>', '<|im_', 'start|>', 'a', '"', '\\', '\n'), {
      maxLength: 6,
    })
    .map((parts) => parts.join(''));

  it('keeps special tokens as text wherever a person, a tool or a model writes them', () => {
    const harmless = countSpecial('a', 'a', 'a', 'a');
    fc.assert(
      fc.property(hostile, hostile, hostile, hostile, (content, key, value, result) => {
        expect(countSpecial(content, key, value, result)).toBe(harmless);
      }),
    );
  });

  /** Special tokens in the prompt of a conversation with these texts in it. */
  function countSpecial(content: string, key: string, value: string, result: string): number {
    const tools = [{ ...listFiles, description: value, parameters: { [key]: [value] } }];
    const messages: ChatMessage[] = [
      { role: 'user', content },
      {
        role: 'assistant',
        content,
        toolCalls: [{ ...call('1', value), arguments: { [key]: value } }],
      },
      { role: 'tool', content: result, toolCallId: '1' },
    ];
    const { pieces } = formatOf(hermesTemplate).build(messages, { tools });
    return pieces.filter((piece) => typeof piece === 'number').length;
  }
});

describe('oneCallPerTurn', () => {
  it('loses and doubles no message', () => {
    const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(ids), (turns) => {
        const messages = turns.flatMap((names, turn): ChatMessage[] => [
          {
            role: 'assistant',
            content: `${turn}`,
            toolCalls: names.map((name) => call(`${turn}${name}`, name)),
          },
          ...names.map((name): ChatMessage => ({
            role: 'tool',
            content: name,
            toolCallId: `${turn}${name}`,
          })),
        ]);
        const split = oneCallPerTurn(messages);
        const results = (list: readonly ChatMessage[]): ChatMessage[] =>
          list.filter(({ role }) => role === 'tool');
        expect(results(split)).toEqual(results(messages));
        const calls = (list: readonly ChatMessage[]): unknown[] =>
          list.flatMap(({ toolCalls = [] }) => toolCalls);
        expect(calls(split)).toEqual(calls(messages));
        expect(split.every(({ toolCalls = [] }) => toolCalls.length < 2)).toBe(true);
      }),
    );
  });
});
