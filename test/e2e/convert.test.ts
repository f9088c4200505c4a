/**
 * From a Hugging Face folder to a report, in the real editor with the real compiler.
 */
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { expect } from 'vitest';
import { PilotPage } from '../support/editor/pilotPage.ts';
import { screenshots } from '../support/editor/session.ts';
import { describeEditor } from '../support/editor/suite.ts';
import type { Workbench } from '../support/editor/workbench.ts';
import { describeCompiler, linkToolchain } from '../support/linkToolchain.ts';
import { makeTinyModel } from '../support/tinyModel.ts';

/** The compiler on a busy machine: as long as a test may take. */
const LONG_MS = 230_000;

const home = {
  model: false,
  prepareHome: async (folder: string) => {
    await linkToolchain(folder);
    await makeTinyModel(path.join(folder, '../models/tiny-qwen3'));
  },
} as const;

/** What offers a model by itself is not what is tested here. */
async function withoutModel(window: Workbench, text: RegExp): Promise<void> {
  await window.statusBar(text).waitFor({ timeout: 120_000 });
}

describeCompiler('with the compiler', () => {
  describeEditor(
    'converting',
    (suite) => {
      const page = (): PilotPage => new PilotPage(suite.window);
      const picture = (name: string): Promise<void> => suite.window.screenshot(screenshots, name);

      /** A message that may have gone to the list of messages already. */
      const told = async (text: RegExp): Promise<Locator> => {
        await suite.window.runCommand('Notifications: Show Notifications');
        const item = suite.window.page.locator('.notifications-center .notification-list-item', {
          hasText: text,
        });
        await item.waitFor();
        return item;
      };

      suite.it('begins in the explorer, with the plan before anything starts', async () => {
        const { window, session } = suite;
        await window.runCommand('Notifications: Clear All Notifications');
        await window.runCommand('View: Hide Secondary Side Bar');
        await makeTinyModel(path.join(session.workspace, 'tiny-qwen3'));
        await window.runCommand('File: Focus on Files Explorer');
        const row = window.page.locator('.explorer-folders-view .monaco-list-row', {
          hasText: 'tiny-qwen3',
        });
        await row.click({ button: 'right' });
        const item = window.page.locator('.context-view .action-item', {
          hasText: 'Convert Model',
        });
        await item.waitFor();
        await picture('convert-menu');
        await item.click();
        const { frame } = page();
        await page().titled('Convert Model');
        const source = frame.getByLabel('Model to convert');
        expect(await source.inputValue()).toBe(path.join(session.workspace, 'tiny-qwen3'));
        await frame
          .getByText(/It fits/)
          .first()
          .waitFor();
        await picture('convert-form');
        await frame.getByLabel('Longest conversation, in tokens').fill('64');
        await frame.getByText('64 of 256 tokens').waitFor();
        await frame.getByText('Charts of memory and speed').click();
        await page().scrollTo(frame.getByText('Memory by part and by heap'));
        await picture('convert-plan');
      });

      suite.it('says what is wrong with the form, at the field', async () => {
        const { frame } = page();
        await frame.getByText('Advanced options').click();
        const layers = frame.getByLabel('Layers kept in 16 bits');
        await layers.fill('9-3');
        await page().button('Convert').press('Enter');
        await frame.getByText('Layers are numbers and ranges, such as 3,7-9.').waitFor();
        await frame.locator('#keepHigh:focus').waitFor();
        expect(await layers.getAttribute('aria-invalid')).toBe('true');
        await page().scrollTo(layers);
        await picture('convert-error');
        await layers.fill('');
      });

      suite.it('is cancelled, and goes on where it stopped', async () => {
        const { window } = suite;
        await page().button('Convert').press('Enter');
        const progress = window.notification(/Convert tiny-qwen3/);
        await progress.waitFor();
        await window.statusBar(/Conversion \d+ %/).waitFor({ timeout: LONG_MS });
        await picture('convert-progress');
        await progress.hover();
        await progress.getByRole('button', { name: 'Cancel' }).click();
        const cancelled = window.notification(/Conversion cancelled/);
        await cancelled.waitFor();
        await picture('convert-cancelled');
        await cancelled.getByRole('button', { name: 'Resume' }).click();
        await window.statusBar(/Conversion/).waitFor();
        await window.runCommand('TPU Pilot: Show Jobs');
        const row = window.page.locator('.quick-input-list .monaco-list-row');
        await row.filter({ hasText: 'Convert tiny-qwen3' }).first().waitFor();
        await picture('convert-jobs');
        await row.filter({ hasText: 'Convert tiny-qwen3' }).first().click();
        await row.filter({ hasText: 'Show Job Log' }).click();
        await window.page.locator('.part.panel .view-line').first().waitFor();
        await picture('convert-log');
        await window.runCommand('View: Toggle Panel Visibility');
      });

      suite.it('is reported, with the prediction', async () => {
        const { window } = suite;
        await window.statusBar(/Conversion/).waitFor({ state: 'detached', timeout: LONG_MS });
        const done = await told(/is converted/);
        await picture('convert-done');
        await done.getByRole('button', { name: 'Show Report' }).click();
        await page().titled(/tiny-qwen3/);
        const { frame } = page();
        await frame.getByText('This model has not been verified').waitFor();
        await frame.getByRole('heading', { name: /Predicted performance/ }).waitFor();
        await picture('report-unverified');
      });

      suite.it('is not used where there is no card, and says so', async () => {
        const { window } = suite;
        await page().button('Use This Model').click();
        const notice = window.notification(/runs on a BM1684X card/);
        await notice.waitFor();
        await picture('use-without-card');
        await window.runCommand('Notifications: Clear All Notifications');
      });

      suite.it('is verified on the emulator, and reported tensor by tensor', async () => {
        const { window } = suite;
        await page().button('Verify Model').click();
        await window.statusBar(/Verification/).waitFor();
        await window.statusBar(/Verification/).waitFor({ state: 'detached', timeout: LONG_MS });
        const done = await told(/its verification/);
        await picture('verify-done');
        await done.getByRole('button', { name: 'Show Report' }).click();
        const { frame } = page();
        const table = frame.getByRole('table', { name: /Every tensor/ });
        await table.waitFor();
        await picture('report-verified');
        const rows = table.locator('tbody tr:visible');
        const all = await rows.count();
        expect(all).toBeGreaterThan(5);
        await frame.getByLabel('Filter').fill('block_cache');
        await expect.poll(() => rows.count()).toBeLessThan(all);
        await table.getByRole('button', { name: 'Cosine' }).press('Enter');
        const cosine = table.getByRole('columnheader', { name: 'Cosine' });
        expect(await cosine.getAttribute('aria-sort')).toBe('ascending');
        const values = await rows.locator('td:nth-of-type(2)').allTextContents();
        expect(values.map(Number)).toEqual(values.map(Number).sort((a, b) => a - b));
        await rows.first().getByRole('button').press('Enter');
        await page().scrollTo(frame.getByText('How its values are spread'));
        await picture('report-tensor');
        await page().scrollTo(frame.getByRole('heading', { name: /token by token/ }));
        await picture('report-greedy');
        await page().scrollTo(frame.getByText('First token by the length'));
        await picture('report-prediction');
      });

      suite.it('predicts what has not been converted', async () => {
        const { window } = suite;
        const row = window.page.locator('.explorer-folders-view .monaco-list-row', {
          hasText: 'tiny-qwen3',
        });
        await row.click({ button: 'right' });
        const item = window.page.locator('.context-view .action-item', {
          hasText: 'Predict Performance',
        });
        await item.waitFor();
        // A menu takes no click right after it has opened.
        await picture('predict-menu');
        await item.click();
        const choice = window.page.locator('.quick-input-list .monaco-list-row');
        await choice.filter({ hasText: 'w4bf16' }).first().waitFor();
        await picture('predict-quantization');
        await choice.filter({ hasText: 'w4bf16' }).first().click();
        await page().frame.getByText('w4bf16, groups of').waitFor();
        await picture('predict-report');
      });

      suite.it('is readable in a light theme and in high contrast', async () => {
        const { window } = suite;
        for (const theme of ['Light Modern', 'Dark High Contrast']) {
          await window.runCommand('Preferences: Color Theme');
          await window.page.keyboard.type(theme);
          const row = window.page.locator('.quick-input-list .monaco-list-row', {
            hasText: theme,
          });
          await row.first().waitFor();
          await window.press('Enter');
          await picture(`report-${theme.split(' ')[0]?.toLowerCase() ?? ''}`);
        }
      });
    },
    {},
    { ...home, until: (window) => withoutModel(window, /TPU no model/) },
  );

  describeEditor(
    'converting from a folder that is not trusted',
    (suite) => {
      suite.it('is refused with the reason, and with what helps', async () => {
        const { window } = suite;
        await window.runCommand('Notifications: Clear All Notifications');
        await window.runCommand('TPU Pilot: Convert Model');
        const notice = window.notification(/not trusted/);
        await notice.waitFor();
        await notice.getByRole('button', { name: 'Manage Workspace Trust' }).waitFor();
        await window.screenshot(screenshots, 'convert-untrusted');
        expect(await window.page.locator('iframe.webview').count()).toBe(0);
      });
    },
    { 'security.workspace.trust.startupPrompt': 'never' },
    { ...home, workspaceTrust: true, until: (window) => withoutModel(window, /TPU no model/) },
  );

  describeEditor(
    'converting in Chinese',
    (suite) => {
      suite.it('has its commands, its form and its plan in Chinese', async () => {
        const { window, session } = suite;
        await window.runCommand('Notifications: Clear All Notifications');
        for (const title of ['转换模型', '验证模型', '预测性能', '安装工具链', '显示任务']) {
          await window.press('F1');
          await window.page.keyboard.type(`TPU Pilot: ${title}`);
          await window.page
            .locator('.quick-input-list .monaco-list-row', { hasText: `TPU Pilot: ${title}` })
            .waitFor();
          await window.press('Escape');
        }
        await window.runCommand('TPU Pilot: 转换模型');
        const page = new PilotPage(window);
        await page.titled('转换模型');
        const { frame } = page;
        await frame
          .getByLabel('要转换的模型')
          .fill(path.join(session.home, '../models/tiny-qwen3'));
        await frame.getByText('放得下').first().waitFor();
        await window.screenshot(screenshots, 'zh-convert-form');
        const labels = await frame
          .locator('label, legend, .muted, h1, h2, button')
          .allTextContents();
        const named = labels
          .map((label) => label.trim())
          .filter((label) => /[a-z]{4}/i.test(label));
        // Names that are the same in both languages.
        expect(named.filter((label) => !/\p{Script=Han}/u.test(label))).toEqual(
          expect.not.arrayContaining([expect.stringMatching(/ /)]),
        );
      });

      suite.it('says in Chinese what it does', async () => {
        const { window } = suite;
        await new PilotPage(window).button('转换').press('Enter');
        const progress = window.notification(/转换 tiny-qwen3/);
        await progress.filter({ hasText: /正在/ }).waitFor({ timeout: LONG_MS });
        await window.screenshot(screenshots, 'zh-convert-progress');
        await window.runCommand('TPU Pilot: 显示任务');
        const row = window.page.locator('.quick-input-list .monaco-list-row');
        const text = await row.filter({ hasText: '转换 tiny-qwen3' }).first().textContent();
        expect(text).not.toMatch(/Convert|Compiling|Making|Starting/);
        await window.screenshot(screenshots, 'zh-convert-jobs');
        await row.filter({ hasText: '转换 tiny-qwen3' }).first().click();
        await row.filter({ hasText: '取消' }).first().click();
        await window.notification(/已取消/).waitFor();
      });
    },
    {},
    { ...home, language: 'zh-cn', until: (window) => withoutModel(window, /TPU 无模型/) },
  );
});
