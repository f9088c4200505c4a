import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { describe, expect, inject, it } from 'vitest';
import { ChatView } from '../support/editor/chatView.ts';
import { EditorSession, screenshots } from '../support/editor/session.ts';
import { hostHuggingFace } from '../support/hubRepository.ts';
import { HubServer, type Answer } from '../support/hubServer.ts';
import type { Workbench } from '../support/editor/workbench.ts';
import { testModelPath } from '../support/provideModel.ts';

const provided = inject('editor');

/** The file that the backend takes for the default model; here it is a small one under its name. */
const repository = 'Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF';
const file = 'qwen2.5-coder-1.5b-instruct-q4_k_m.gguf';

/** Sends a half, and the rest when the signal comes, so that the download can be looked at. */
function halfUntil(rest: AbortSignal): Answer {
  return async ({ body, etag }, _, response) => {
    response.writeHead(200, { 'content-length': body.length, etag });
    response.write(body.subarray(0, body.length / 2));
    if (!rest.aborted) await once(rest, 'abort');
    response.end(body.subarray(body.length / 2));
  };
}

interface Words {
  readonly language: string;
  readonly title: string;
  readonly open: string;
  readonly noModel: RegExp;
  readonly get: string;
  readonly complete: string;
  readonly ask: string;
  readonly steps: readonly string[];
}

const languages: readonly Words[] = [
  {
    language: 'en',
    title: 'Get Started with TPU Pilot',
    open: 'TPU Pilot: Open Walkthrough',
    noModel: /TPU no model/,
    get: 'Get the Default Model',
    complete: 'Try a Completion',
    ask: 'Ask @tpu',
    steps: [
      'Start the backend',
      'Get a model',
      'See the first completion',
      'Ask the first question',
    ],
  },
  {
    language: 'zh-cn',
    title: 'TPU Pilot 入门',
    open: 'TPU Pilot: 打开入门指南',
    noModel: /TPU 无模型/,
    get: '获取默认模型',
    complete: '试用补全',
    ask: '询问 @tpu',
    steps: ['启动后端', '获取模型', '查看第一个补全', '提出第一个问题'],
  },
];

describe.skipIf(!provided)('the walkthrough', () => {
  it.each(languages)('leads from nothing to the first answer: $language', async (words) => {
    const hub = await HubServer.start();
    const rest = new AbortController();
    const path = `/${repository}/resolve/${'c'.repeat(40)}/${file}`;
    const model = await readFile(testModelPath());
    hostHuggingFace(hub, repository, { [file]: model });
    hub.host(path, model, halfUntil(rest.signal));
    await using session = await EditorSession.start(
      provided!,
      undefined,
      { 'tpuPilot.chat.maxTokens': 48 },
      {
        ...(words.language === 'en' ? {} : { language: words.language }),
        env: { HF_ENDPOINT: hub.url, MODELSCOPE_ENDPOINT: 'http://127.0.0.1:9' },
      },
    );
    const window = await session.openWindow();
    try {
      await follow(session, window, words, () => rest.abort());
    } catch (error) {
      await session.screenshot(`failed-walkthrough-${words.language}`);
      throw error;
    }
  });
});

/** @param finishDownload lets the second half of the model arrive */
async function follow(
  session: EditorSession,
  window: Workbench,
  words: Words,
  finishDownload: () => void,
): Promise<void> {
  const { page } = window;
  const picture = (name: string): Promise<void> =>
    window.screenshot(screenshots, `walkthrough-${name}-${words.language}`);

  await window.statusBar(words.noModel).waitFor({ timeout: 120_000 });
  // What offers a model by itself is not what is tested here.
  await window.runCommand('Notifications: Clear All Notifications');
  // Room for the pages beside the steps.
  await window.runCommand('View: Hide Secondary Side Bar');
  await window.runCommand('View: Toggle Primary Side Bar Visibility');
  await window.runCommand(words.open);
  const guide = page.locator('.gettingStartedContainer');
  await guide.getByText(words.title).first().waitFor();
  const step = (title: string) => guide.locator('.getting-started-step', { hasText: title });
  const done = (title: string) => step(title).getByRole('checkbox', { checked: true });
  const [backend = '', pull = '', completion = '', chat = ''] = words.steps;
  await done(backend).first().waitFor();

  await step(pull).click();
  await guide.getByRole('button', { name: words.get }).click();
  await window.statusBar(/TPU \d+ %/).waitFor();
  await picture('download');
  finishDownload();
  await window.pilotReady();
  await done(pull).first().waitFor();

  await step(completion).click();
  await picture('completion');
  await guide.getByRole('button', { name: words.complete }).click();
  expect(await window.ghostTextShown()).not.toBe('');
  await window.press('Escape');
  await window.runCommand(words.open);
  await done(completion).first().waitFor();

  await step(chat).click();
  await guide.getByRole('button', { name: words.ask }).click();
  const view = new ChatView(window);
  await view.ended();
  expect(await view.problem()).toBeUndefined();
  expect((await view.text()).length).toBeGreaterThan(0);
  await done(chat).first().waitFor();
  await picture('chat');
  expect(await session.errors()).toEqual([]);
}
