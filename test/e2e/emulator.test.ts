/** Chat, completion and status on the vendor's emulator, with a small model compiled for the chip. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { cardModel, smallestModel } from '../support/cardModel.ts';
import { ChatView } from '../support/editor/chatView.ts';
import { metric } from '../support/editor/metrics.ts';
import { addModel, screenshots } from '../support/editor/session.ts';
import { describeEditor } from '../support/editor/suite.ts';
import { describeCompiler, linkToolchain } from '../support/linkToolchain.ts';

const file = 'area.py';
const code = 'def area(radius):\n   ';

/** A token takes some tenths of a second, beside other work some seconds. */
const settings = {
  'tpuPilot.chat.maxTokens': 8,
  'tpuPilot.inlineCompletion.maxTokens': 2,
  'tpuPilot.inlineCompletion.context': false,
};

async function prepareHome(home: string): Promise<void> {
  await linkToolchain(home);
  const { folder } = await cardModel({
    model: { ...smallestModel, contextLength: 512 },
    convert: { options: { sequenceLength: 512, chunkLength: 128 } },
  });
  await addModel(home, folder);
}

describeCompiler('with the compiler', () => {
  describeEditor(
    'on the emulator',
    (suite) => {
      suite.it('answers in the chat view', async () => {
        const { window, session } = suite;
        const chat = new ChatView(window);
        await chat.startOver();
        await chat.ask('@tpu What is a ring buffer?');
        await chat.ended();
        expect(await chat.problem()).toBeUndefined();
        // Words of a random model: that there are some is all that can be said of them.
        expect(await chat.text()).not.toBe('');
        await window.statusBar(/TPU [\d.]+ m?s/).waitFor();

        await using client = await session.connect();
        const { devices } = await client.request('device/list', null);
        expect(devices).toMatchObject([{ name: 'BM1684X emulator', state: 'ready', restarts: 0 }]);
        const { text } = await client.request('metrics/snapshot', null);
        expect(metric(text, 'tpu_pilot_requests_total', { class: 'chat' })).toBe(1);
        expect(metric(text, 'tpu_pilot_requests_total', { outcome: 'error' })).toBe(0);
        expect(metric(text, 'tpu_pilot_decode_tokens_total')).toBeGreaterThan(0);
      });

      suite.it('shows ghost text that Tab accepts', async () => {
        const { window, session } = suite;
        await window.openFile(file);
        await window.press('Control+End');
        // One key, one request.
        await window.type(' ');
        const shown = (await window.ghostTextShown()).replaceAll('\u00a0', ' ');
        expect(shown.trim()).not.toBe('');
        await window.screenshot(screenshots, 'emulator-completion');
        await window.press('Tab');
        await window.save();
        const saved = await readFile(join(session.workspace, file), 'utf8');
        expect(saved).toBe(`${code} ${shown}`);
      });

      suite.it('is named in the tooltip, with what it measures and nothing else', async () => {
        const { window, session } = suite;
        await window.pilotIdle();
        await using client = await session.connect();
        const { devices } = await client.request('device/list', null);
        expect(devices).toMatchObject([{ state: 'ready', restarts: 0 }]);
        const tooltip = await window.hoverPilotStatus();
        expect(tooltip).toMatch(/512 tokens of context/);
        expect(tooltip).toMatch(/BM1684X emulator(?! \()/);
        expect(tooltip).toMatch(/first token p50/);
        expect(tooltip).not.toMatch(/°C|Temperature/);
        await window.screenshot(screenshots, 'emulator-status');
        const links = window.page.locator('.monaco-hover').getByRole('link');
        await links
          .filter({ hasText: /Show.Devices/ })
          .first()
          .click();
        const rows = window.page.locator('.quick-input-list .monaco-list-row');
        await rows.filter({ hasText: /Driver.*emulator/ }).waitFor();
        expect((await rows.allTextContents()).join('\n')).not.toMatch(/°C/);
        await window.screenshot(screenshots, 'emulator-devices');
        await window.press('Escape');
      });
    },
    settings,
    {
      ...{ model: false, prepareHome },
      machineSettings: { 'tpuPilot.device': 'emulator' },
      files: { [file]: code },
    },
  );
});
