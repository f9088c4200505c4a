/** VS Code's own chat with our model, from a profile that has never had an account. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import * as z from 'zod';
import { ChatView } from '../support/editor/chatView.ts';
import { metric } from '../support/editor/metrics.ts';
import { packRecorder, Recorder } from '../support/editor/recorder/recorder.ts';
import { screenshots } from '../support/editor/session.ts';
import { describeEditor, type EditorSuite } from '../support/editor/suite.ts';

const OPEN_CHAT = 'workbench.action.chat.open';
const SMALL_CONTEXT = 8192;
/** VS Code asks the model for titles and intents first, with thousands of tokens of prompt. */
const ANSWER_LIMIT_MS = 400_000;
/** The model rambles otherwise, on the slowest of all devices. */
const settings = { 'tpuPilot.chat.maxTokens': 60 };

/** It goes on reading an answer that it has ended itself, and speaks no Chinese. */
const OF_THE_BUILT_IN_CHAT =
  /Response stream has been closed[^]*\/extensions\/copilot\/|No bundle location found for extension GitHub\.copilot-chat/;

const Groups = z.array(z.looseObject({ name: z.string(), vendor: z.string() }));

/** The groups of language models in the profile; none when VS Code has no such file yet. */
async function modelGroups({ session }: EditorSuite): Promise<z.infer<typeof Groups>> {
  const file = join(session.userData, 'User/chatLanguageModels.json');
  return Groups.parse(JSON.parse(await readFile(file, 'utf8').catch(() => '[]')));
}

async function userSetting({ session }: EditorSuite, key: string): Promise<unknown> {
  const text = await readFile(join(session.userData, 'User/settings.json'), 'utf8');
  return z.looseObject({}).parse(JSON.parse(text))[key];
}

/** Requests of a class that the backend has finished. */
async function answered({ session }: EditorSuite, requestClass = 'chat'): Promise<number> {
  await using client = await session.connect();
  const { text } = await client.request('metrics/snapshot', null);
  return metric(text, 'tpu_pilot_requests_total', { class: requestClass });
}

async function dismiss({ window }: EditorSuite, text: string): Promise<void> {
  const shown = window.notification(text);
  await shown.waitFor();
  await window.runCommand('Notifications: Clear All Notifications');
  await shown.waitFor({ state: 'detached' });
}

async function setUp({ window }: EditorSuite): Promise<void> {
  await window.runCommand('TPU Pilot: Set Up Native Chat');
  const dialog = window.page.locator('.monaco-dialog-box');
  await dialog.locator('.monaco-button', { hasText: 'Set Up' }).click();
  await window.notification('now answer from your own model').waitFor();
}

describeEditor(
  'native chat',
  (suite) => {
    const dialog = (): ReturnType<typeof suite.window.page.locator> =>
      suite.window.page.locator('.monaco-dialog-box');

    suite.it('asks for a sign-in before the set-up', async () => {
      await new ChatView(suite.window).ask('Name three colors.');
      await dialog().filter({ hasText: 'GitHub' }).waitFor();
      await suite.window.screenshot(screenshots, 'native-chat-before');
      await suite.window.press('Escape');
      await dialog().waitFor({ state: 'detached' });
      expect(await answered(suite)).toBe(0);
    });

    suite.it('changes nothing without consent', async () => {
      await suite.window.runCommand('TPU Pilot: Set Up Native Chat');
      await dialog().filter({ hasText: 'This will:' }).waitFor();
      await suite.window.screenshot(screenshots, 'native-chat-consent');
      await suite.window.press('Escape');
      await dialog().waitFor({ state: 'detached' });
      expect(await modelGroups(suite)).toEqual([]);
      expect(await userSetting(suite, 'chat.byokUtilityModelDefault')).toBeUndefined();
    });

    suite.it('is set up by one command, and closes what it opened', async () => {
      await setUp(suite);
      expect(await modelGroups(suite)).toEqual([{ name: 'TPU Pilot', vendor: 'tpu-pilot' }]);
      expect(await userSetting(suite, 'chat.byokUtilityModelDefault')).toBe('mainAgent');
      expect(await suite.window.page.locator('.monaco-modal-editor-block').count()).toBe(0);
      await dismiss(suite, 'now answer from your own model');
    });

    suite.it(
      'answers in Ask from the real model, without an account',
      async () => {
        const chat = new ChatView(suite.window);
        const recorder = new Recorder(suite.session, suite.window);
        await chat.startOver();
        const args = {
          mode: 'ask',
          query: 'Name three colors.',
          modelSelector: { vendor: 'tpu-pilot' },
        };
        await recorder.order({
          kind: 'command',
          command: OPEN_CHAT,
          args: [args],
        });
        await chat.answer
          .locator('.chat-markdown-part')
          .first()
          .waitFor({ timeout: ANSWER_LIMIT_MS });
        await chat.ended();
        await suite.window.screenshot(screenshots, 'native-chat-ask');
        expect(await dialog().count()).toBe(0);
        expect(await chat.text()).toMatch(/\w/);
        expect(await answered(suite)).toBeGreaterThan(0);
      },
      2 * ANSWER_LIMIT_MS,
    );

    suite.it('opens the agent, whose prompt and tools fit a context of 8k tokens', async () => {
      const recorder = new Recorder(suite.session, suite.window);
      await suite.window.runCommand('TPU Pilot: Open Agent');
      const input = suite.window.page.locator('.interactive-input-part').first();
      await input.getByText('TPU Pilot', { exact: true }).waitFor();
      await suite.window.screenshot(screenshots, 'native-chat-agent');

      const query = 'How warm is the device?';
      const args = { mode: 'TPU Pilot', query, modelSelector: { vendor: 'recorder' } };
      await recorder.order({
        kind: 'command',
        command: OPEN_CHAT,
        args: [args],
      });
      const sent = async (): Promise<number> =>
        (await recorder.requests()).filter(({ tools }) => tools.length > 0).length;
      await expect.poll(sent, { timeout: ANSWER_LIMIT_MS }).toBeGreaterThan(0);
      const request = (await recorder.requests()).find(({ tools }) => tools.length > 0);
      const tools = request?.tools ?? [];
      expect(tools.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['read_file', 'grep_search', 'tpu-pilot_device_status']),
      );

      await using client = await suite.session.connect();
      const count = async (params: Parameters<typeof client.request<'chat/countTokens'>>[1]) =>
        (await client.request('chat/countTokens', params)).tokens;
      const prompt = await count({ messages: request?.messages ?? [] });
      const toolTokens = await count({ text: JSON.stringify(tools) });
      console.log(
        `The agent's first request: ${prompt} tokens of prompt and ${toolTokens} of ${tools.length} tools.`,
      );
      // What is left is for the conversation and the answer.
      expect(prompt + toolTokens).toBeLessThan(0.85 * SMALL_CONTEXT);
    });

    suite.it(
      'answers as the agent, within the context of the real model',
      async () => {
        const chat = new ChatView(suite.window);
        const recorder = new Recorder(suite.session, suite.window);
        await chat.startOver();
        const args = {
          mode: 'TPU Pilot',
          query: 'Say hello.',
          modelSelector: { vendor: 'tpu-pilot' },
        };
        await recorder.order({ kind: 'command', command: OPEN_CHAT, args: [args] });
        await chat.answer
          .locator('.chat-markdown-part')
          .first()
          .waitFor({ timeout: ANSWER_LIMIT_MS });
        // It may have ended already.
        await recorder.order({
          kind: 'command',
          command: 'workbench.action.chat.cancel',
          args: [],
        });
        await chat.ended();
        expect(await chat.problem()).toBeUndefined();
        await expect.poll(() => answered(suite, 'agent'), { timeout: 60_000 }).toBe(1);
      },
      2 * ANSWER_LIMIT_MS,
    );

    suite.it('takes back what it has changed, and says what stays', async () => {
      await suite.window.runCommand('TPU Pilot: Undo Native Chat Set-Up');
      await suite.window.notification('was undone').waitFor();
      await suite.window.screenshot(screenshots, 'native-chat-undone');
      expect(await modelGroups(suite)).toEqual([]);
      expect(await userSetting(suite, 'chat.byokUtilityModelDefault')).toBeUndefined();
      await dismiss(suite, 'was undone');
      await suite.window.runCommand('TPU Pilot: Undo Native Chat Set-Up');
      await suite.window.notification('has changed nothing').waitFor();
    });
  },
  settings,
  { extensions: packRecorder, expectedErrors: OF_THE_BUILT_IN_CHAT },
);

describeEditor(
  'native inline chat',
  (suite) => {
    suite.it(
      'answers in inline chat',
      async () => {
        const { page } = suite.window;
        await setUp(suite);
        await dismiss(suite, 'now answer from your own model');
        await suite.window.openFile('statistics.py');
        await suite.window.goTo(5, 1);
        const before = await answered(suite);
        await suite.window.press('Control+I');
        const widget = page.locator('.inline-chat-widget');
        await widget.waitFor();
        await suite.window.type('Explain this function');
        await suite.window.press('Enter');
        // The test model calls no tools, so it makes no edits: its answer is text.
        await page
          .locator('.inline-chat-terminated-card:not(.hidden)', { hasText: /\w/ })
          .waitFor({ timeout: ANSWER_LIMIT_MS });
        await suite.window.screenshot(screenshots, 'native-chat-inline');
        expect(await answered(suite)).toBeGreaterThan(before);
        await suite.window.press('Escape');
      },
      2 * ANSWER_LIMIT_MS,
    );
  },
  settings,
  { expectedErrors: OF_THE_BUILT_IN_CHAT },
);

describeEditor(
  'native chat in Chinese',
  (suite) => {
    suite.it('asks, sets up and opens the agent in Chinese', async () => {
      const { window } = suite;
      await window.runCommand('TPU Pilot: 设置原生聊天');
      const dialog = window.page.locator('.monaco-dialog-box');
      await dialog.filter({ hasText: '在 VS Code 自带的聊天中使用' }).waitFor();
      await window.screenshot(screenshots, 'zh-native-chat-consent');
      await dialog.locator('.monaco-button', { hasText: '设置' }).click();
      await window.notification('由您自己的模型回答').waitFor();
      await window.runCommand('TPU Pilot: 打开代理');
      const input = window.page.locator('.interactive-input-part').first();
      await input.getByText('TPU Pilot', { exact: true }).waitFor();
      await window.screenshot(screenshots, 'zh-native-chat-agent');
    });
  },
  {},
  { language: 'zh-cn', expectedErrors: OF_THE_BUILT_IN_CHAT },
);
