import { expect, test } from 'vitest';
import * as vscode from 'vscode';
import { endNote } from '../../../extension/languageModel/endNotes.ts';
import { chatMessages, type RequestMessage } from '../../../extension/languageModel/messages.ts';

const { User, Assistant } = vscode.LanguageModelChatMessageRole;
/** As VS Code sends it: not in the typings. */
const System = 3 as unknown as vscode.LanguageModelChatMessageRole;
const text = (value: string): vscode.LanguageModelTextPart =>
  new vscode.LanguageModelTextPart(value);
const data = (mimeType: string, value = 'x'): unknown => ({
  mimeType,
  data: new TextEncoder().encode(value),
});

function message(role: vscode.LanguageModelChatMessageRole, ...content: unknown[]): RequestMessage {
  return { role, content };
}

test('messages keep their order, role and text; role 3 is the system', () => {
  expect(
    chatMessages([
      message(System, text('Be brief.')),
      message(User, text('a'), text('b')),
      message(Assistant, text('c')),
    ]),
  ).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'ab' },
    { role: 'assistant', content: 'c' },
  ]);
});

test('calls belong to the answer, and their results come as messages of their own', () => {
  expect(
    chatMessages([
      message(
        Assistant,
        text('I look.'),
        new vscode.LanguageModelToolCallPart('1', 'read_file', { path: 'a', deep: [null, 1] }),
        new vscode.LanguageModelToolCallPart('2', 'list', {}),
      ),
      message(
        User,
        new vscode.LanguageModelToolResultPart('1', [text('let '), text('a;')]),
        new vscode.LanguageModelToolResultPart('2', []),
        text('Go on.'),
      ),
    ]),
  ).toEqual([
    {
      role: 'assistant',
      content: 'I look.',
      toolCalls: [
        { id: '1', name: 'read_file', arguments: { path: 'a', deep: [null, 1] } },
        { id: '2', name: 'list', arguments: {} },
      ],
    },
    { role: 'tool', content: 'let a;', toolCallId: '1' },
    { role: 'tool', content: '', toolCallId: '2' },
    { role: 'user', content: 'Go on.' },
  ]);
});

test('a result of prompt-tsx gives the texts of its tree', () => {
  const tree = {
    node: {
      type: 1,
      children: [{ type: 2, text: 'line 1\n' }, { children: [{ text: 'line 2' }, 7] }],
    },
  };
  const part = new vscode.LanguageModelPromptTsxPart(tree);
  const result = new vscode.LanguageModelToolResultPart('1', [part]);
  expect(chatMessages([message(User, result)])).toMatchObject([{ content: 'line 1\nline 2' }]);
});

test.each([
  ['an image', data('image/png'), /^\[An image was attached here\. You cannot see it/],
  ['a file of another kind', data('application/pdf'), /^\[An attachment \(application\/pdf\)/],
  ['text', data('text/plain', 'hello'), /^hello$/],
  ['JSON', data('text/x-json', '{"a":1}'), /^\{"a":1\}$/],
])('%s is read, or named as what cannot be seen', (_, part, expected) => {
  const [converted] = chatMessages([message(User, part)]);
  expect(converted?.content).toMatch(expected);
});

test.each([
  ['a note of VS Code', data('cache_control', 'ephemeral')],
  ['nothing', undefined],
  ['a part of the future', { kind: 'hologram' }],
])('%s is left out', (_, part) => {
  expect(chatMessages([message(User, part, text('hi'))])).toEqual([
    { role: 'user', content: 'hi' },
  ]);
});

test('messages in the form of the token count are read too', () => {
  expect(chatMessages([message(User, { type: 'text', value: 'hi' })])).toMatchObject([
    { content: 'hi' },
  ]);
});

test('there is always a message', () => {
  expect(chatMessages([message(User)])).toEqual([{ role: 'user', content: '' }]);
  expect(chatMessages([])).toHaveLength(1);
});

test('a result of a megabyte is bounded, with both its ends', () => {
  const result = new vscode.LanguageModelToolResultPart('1', [text(`A${'x'.repeat(1_000_000)}Z`)]);
  const [converted] = chatMessages([message(User, result)], 1000);
  expect(converted?.content).toMatch(/^Ax+\n\[…\]\nx+Z$/);
  expect(converted?.content.length).toBeLessThan(1010);
});

test('of more messages than the protocol has, the system and the last are sent', () => {
  const many = Array.from({ length: 5000 }, (_, index) => message(User, text(`${index}`)));
  const converted = chatMessages([message(System, text('S')), ...many]);
  expect(converted).toHaveLength(4096);
  expect(converted[0]).toEqual({ role: 'system', content: 'S' });
  expect(converted.at(-1)).toEqual({ role: 'user', content: '4999' });
});

test.each([
  [{ text: 'All of', finishReason: 'length' as const }, 'All of'],
  [{ text: '', finishReason: 'stop' as const }, undefined],
])('what we said below an answer is not sent back as the model’s words', (result, kept) => {
  const timings = { queueMs: 0, totalMs: 1, promptTokens: 1, cachedTokens: 0, generatedTokens: 1 };
  const shown = result.text + (endNote({ ...result, model: 'm', timings }) ?? '');
  expect(shown).not.toBe(result.text);
  const [converted] = chatMessages([message(Assistant, text(shown)), message(User, text('?'))]);
  expect(converted).toEqual(
    kept === undefined ? { role: 'user', content: '?' } : { role: 'assistant', content: kept },
  );
});
