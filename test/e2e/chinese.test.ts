import { expect } from 'vitest';
import { ChatView } from '../support/editor/chatView.ts';
import { screenshots } from '../support/editor/session.ts';
import { describeEditor } from '../support/editor/suite.ts';

const CHINESE = /\p{Script=Han}/u;

describeEditor(
  'in Chinese',
  (suite) => {
    suite.it('has Chinese commands in the palette', async () => {
      const { window } = suite;
      await window.press('F1');
      await window.page.keyboard.type('TPU Pilot:');
      const rows = window.page.locator('.quick-input-list .monaco-list-row');
      await rows.filter({ hasText: 'TPU Pilot: 停止后端' }).waitFor();
      await window.screenshot(screenshots, 'zh-palette');
      const ours = (await rows.allTextContents()).filter((text) => text.includes('TPU Pilot:'));
      // As many as fit on the screen.
      expect(ours.length).toBeGreaterThan(5);
      expect(ours.filter((text) => !CHINESE.test(text))).toEqual([]);
      await window.press('Escape');
    });

    suite.it('has a Chinese status bar, tooltip and menu', async () => {
      const { window } = suite;
      await window.pilotIdle();
      expect(await window.pilotStatus.textContent()).toMatch(/TPU (就绪|[\d.]+ m?s)/);
      const label = await window.pilotStatus.getByRole('button').getAttribute('aria-label');
      expect(label).toMatch(/^TPU Pilot：就绪。/);
      const tooltip = await window.hoverPilotStatus();
      for (const word of [
        '模型',
        '设备',
        '队列',
        '内存',
        '行内补全',
        '重启后端',
        '为什么没有建议',
      ]) {
        expect(tooltip).toContain(word);
      }
      await window.screenshot(screenshots, 'zh-status-bar');
      await window.pilotStatus.click();
      const rows = window.page.locator('.quick-input-list .monaco-list-row');
      await rows.filter({ hasText: '管理模型' }).waitFor();
      await window.screenshot(screenshots, 'zh-menu');
      const texts = await rows.allTextContents();
      expect(texts.filter((text) => !CHINESE.test(text))).toEqual([]);
      await window.press('Escape');
    });

    suite.it('explains its settings in Chinese', async () => {
      const { window } = suite;
      await window.runCommand('Preferences: Open Settings (UI)');
      const search = window.page.locator('.settings-header .suggest-input-container');
      await search.click();
      await window.page.keyboard.type('@ext:tpu-pilot.tpu-pilot');
      const descriptions = window.page.locator('.settings-editor .setting-item-description');
      await descriptions.filter({ hasText: CHINESE }).first().waitFor();
      await window.screenshot(screenshots, 'zh-settings');
      const texts = (await descriptions.allTextContents()).filter((text) => text.trim() !== '');
      expect(texts.length).toBeGreaterThan(3);
      expect(texts.filter((text) => !CHINESE.test(text))).toEqual([]);
      // The list of what could be searched for, then the settings.
      await window.press('Escape');
      await window.press('Escape');
      await search.waitFor({ state: 'detached' });
    });

    suite.it('answers in the chat, and says in Chinese what went wrong', async () => {
      const { window } = suite;
      const chat = new ChatView(window);
      await chat.startOver();
      await chat.ask('@tpu 你好！');
      await chat.ended();
      expect(await chat.problem()).toBeUndefined();
      await window.screenshot(screenshots, 'zh-chat');
      await window.runCommand('TPU Pilot: 停止后端');
      await window.statusBar(/TPU 已关闭/).waitFor();
      await chat.ask('@tpu 你好！');
      await chat.ended();
      expect(await chat.problem()).toMatch(/后端未运行.+请使用“TPU Pilot: 启动后端”/);
      await window.screenshot(screenshots, 'zh-chat-without-backend');
    });
  },
  { 'tpuPilot.chat.maxTokens': 48 },
  { language: 'zh-cn' },
);
