/** The model as VS Code's own chat and other extensions get it: through `vscode.lm`. */
import { afterAll, expect } from 'vitest';
import { callModel, packageModelCaller } from '../support/editor/modelCaller/package.ts';
import type { ModelCall, Outcome, Part } from '../support/editor/modelCaller/call.ts';
import { ChatView } from '../support/editor/chatView.ts';
import { metric } from '../support/editor/metrics.ts';
import { startScriptedBackend, type ScriptedBackend } from '../support/editor/scriptedBackend.ts';
import { screenshots } from '../support/editor/session.ts';
import { describeEditor, type EditorSuite } from '../support/editor/suite.ts';
import type { FakeCall } from '../support/fakeEngine.ts';

const extensions = async (folder: string): Promise<string[]> => [await packageModelCaller(folder)];
const ask = (text: string): ModelCall['messages'] => [{ kind: 'user', text }];
const call = (suite: EditorSuite, what: ModelCall): Promise<Outcome> =>
  callModel(suite.window, suite.session.workspace, what);

function textOf(parts: readonly Part[]): string {
  return parts.map((part) => (part.kind === 'text' ? part.value : '')).join('');
}

function usageOf(parts: readonly Part[]): unknown {
  const found = parts.find((part) => part.kind === 'data' && part.mimeType === 'usage');
  return found?.kind === 'data' ? JSON.parse(found.value) : undefined;
}

describeEditor(
  'the model for other extensions',
  (suite) => {
    suite.it('is listed once, with its name and the room it has', async () => {
      const { models } = await call(suite, {});
      expect(models).toEqual([
        {
          id: expect.stringContaining('smollm2') as string,
          name: expect.stringContaining('SmolLM2') as string,
          family: 'tpu-pilot',
          maxInputTokens: expect.any(Number) as number,
        },
      ]);
      expect(models[0]?.maxInputTokens).toBeGreaterThan(1000);
    });

    suite.it('streams its answer, and then says what it took', async () => {
      const { parts, error } = await call(suite, {
        messages: ask('Count from one to twenty in words.'),
        modelOptions: { temperature: 0 },
      });
      expect(error).toBeUndefined();
      expect(parts.filter(({ kind }) => kind === 'text').length).toBeGreaterThan(3);
      expect(textOf(parts)).toMatch(/\w/);
      expect(usageOf(parts)).toMatchObject({
        prompt_tokens: expect.any(Number) as number,
        completion_tokens: expect.any(Number) as number,
      });
    });

    suite.it('counts tokens as the model does', async () => {
      const texts = [
        '',
        'hello',
        'The quick brown fox jumps over the lazy dog.',
        'x'.repeat(500_000),
      ];
      const { tokens } = await call(suite, { count: texts });
      await using client = await suite.session.connect();
      const counted = async (text: string): Promise<number> =>
        (await client.request('chat/countTokens', { text })).tokens;
      expect(tokens.slice(0, 3)).toEqual([
        0,
        await counted('hello'),
        await counted(texts[2] ?? ''),
      ]);
      expect(tokens[3]).toBeGreaterThan(100_000);
    });

    suite.it('stops on the device when the caller cancels', async () => {
      const { parts, error } = await call(suite, {
        messages: ask('Tell me a very long story about a lighthouse keeper and the sea.'),
        cancelAfter: 2,
      });
      expect(parts.length).toBeGreaterThanOrEqual(2);
      expect(error?.name ?? 'Canceled').toMatch(/Cancel/);
      await using client = await suite.session.connect();
      await expect.poll(async () => (await client.request('backend/status', null)).running).toBe(0);
      const { text } = await client.request('metrics/snapshot', null);
      expect(metric(text, 'tpu_pilot_requests_total', { class: 'chat', outcome: 'abort' })).toBe(1);
    });

    suite.it('answers in text where it cannot call tools', async () => {
      const { parts, error } = await call(suite, {
        messages: ask('Say hello.'),
        tools: [{ name: 'read_file', description: 'Reads a file.' }],
      });
      expect(error).toBeUndefined();
      expect(textOf(parts)).toMatch(/\w/);
      expect(parts.some(({ kind }) => kind === 'toolCall')).toBe(false);
    });

    suite.it('says in one sentence that a question is too long, and what to do', async () => {
      const { error } = await call(suite, { messages: ask('word '.repeat(40_000)) });
      expect(error?.message).toMatch(/needs .*\d+ tokens; the model has room for \d+\. .+\.$/);
    });
  },
  { 'tpuPilot.chat.maxTokens': 64 },
  { extensions },
);

const tools = [
  { name: 'list_files', description: 'Lists a folder.' },
  { name: 'read_file', description: 'Reads a file.' },
];

/** What the scripted model says to a prompt. */
function answer(modelCall: FakeCall): void {
  const { prompt } = modelCall;
  if (prompt.includes('think about it')) {
    const off = prompt.endsWith('</think>\n\n');
    modelCall.write(...(off ? [] : ['<think>\n', 'Let me see.', '\n</think>\n\n']), 'Forty-two.');
  } else if (prompt.includes('<tool_response>\na.ts\n</tool_response>')) {
    modelCall.write('There is ', 'a.ts.');
  } else if (prompt.includes('"name": "list_files"')) {
    modelCall.write(
      'I look.\n<tool_',
      'call>\n{"name": "list_files", "argu',
      'ments": {"path": "."}}\n</tool_call>',
    );
  } else {
    modelCall.write('Hello.');
  }
  modelCall.finish();
}

let scripted: ScriptedBackend | undefined;

describeEditor(
  'a model that thinks and calls tools',
  (suite) => {
    // Before the session ends what runs in its home, which is this process.
    afterAll(async () => scripted?.close());

    suite.it('has its thinking shown as thinking, and switched off', async () => {
      const question = ask('Please think about it.');
      const on = await call(suite, { messages: question, modelOptions: { thinking: 'on' } });
      expect(textOf(on.parts)).toBe('Forty-two.');
      expect(on.parts.filter(({ kind }) => kind === 'other')).toMatchObject([
        { value: { value: 'Let me see.' } },
        { value: { value: '' } },
      ]);
      const off = await call(suite, { messages: question, modelOptions: { thinking: 'off' } });
      expect(off.parts.filter(({ kind }) => kind === 'other')).toEqual([]);
      expect(textOf(off.parts)).toBe('Forty-two.');
    });

    suite.it('calls a tool, and goes on with its result', async () => {
      const messages = ask('What is here?') ?? [];
      const first = await call(suite, { messages, tools });
      const asked = first.parts.find((part) => part.kind === 'toolCall');
      expect(textOf(first.parts)).toBe('I look.');
      expect(asked).toMatchObject({ name: 'list_files', input: { path: '.' } });
      if (asked?.kind !== 'toolCall') return;

      const { id, name } = asked;
      const second = await call(suite, {
        messages: [
          ...messages,
          { kind: 'call', id, name, input: { path: '.' } },
          { kind: 'result', id, text: 'a.ts' },
        ],
        tools,
      });
      expect(textOf(second.parts)).toBe('There is a.ts.');
    });

    suite.it('gets the tools that fit, of as many as VS Code offers', async () => {
      const many = Array.from({ length: 40 }, (_, index) => ({
        name: `tool_${index}`,
        description: 'x'.repeat(1300),
      }));
      const { parts, error } = await call(suite, {
        messages: ask('Hello?'),
        tools: [...many, ...tools],
      });
      expect(error).toBeUndefined();
      expect(JSON.stringify(parts)).toMatch(/knows \d+ of 42 tools/);
      const prompt = scripted?.engine.calls.at(-1)?.prompt ?? '';
      expect(prompt).toContain('"name": "read_file"');
      expect(prompt).not.toContain('"name": "tool_39"');
    });

    suite.it('is in the picker of the chat view, where its thinking is chosen', async () => {
      const { window } = suite;
      await window.runCommand('Chat: Open Chat');
      const view = window.page.locator('.part.auxiliarybar');
      await view.locator('.model-picker-split[aria-label*="Scripted-Thinker"]').waitFor();
      await view.getByText('Thinking', { exact: true }).click();
      const on = window.page.getByRole('menuitemradio', { name: /^On,/ });
      await on.waitFor();
      await window.screenshot(screenshots, 'model-thinking');
      await on.click();
      // The menu stays, so that more can be chosen.
      await view.locator('.interactive-input-part').getByText('On', { exact: true }).waitFor();
      await window.press('Escape');
      await on.waitFor({ state: 'detached' });

      const chat = new ChatView(window);
      await chat.ask('@tpu Please think about it.');
      await chat.ended();
      expect(await chat.text()).toBe('Forty-two.');
      // With thinking off, the prompt has written it, empty.
      expect(scripted?.engine.calls.at(-1)?.prompt).toMatch(/assistant\n$/);
    });
  },
  {},
  {
    model: false,
    extensions,
    prepareHome: async (home) => {
      scripted = await startScriptedBackend(home, answer);
    },
  },
);
