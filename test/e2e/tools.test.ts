/** The language-model tools, called by another extension as VS Code's agents do. */
import { expect } from 'vitest';
import { metric } from '../support/editor/metrics.ts';
import { packRecorder, Recorder } from '../support/editor/recorder/recorder.ts';
import { screenshots } from '../support/editor/session.ts';
import { describeEditor } from '../support/editor/suite.ts';

describeEditor(
  'tools',
  (suite) => {
    const call = async (tool: string, input: Record<string, unknown> = {}): Promise<string> => {
      const recorder = new Recorder(suite.session, suite.window);
      const { value, error } = await recorder.order({ kind: 'tool', tool, input });
      expect(error).toBeUndefined();
      return JSON.stringify(value);
    };

    suite.it('are listed for every agent', async () => {
      const recorder = new Recorder(suite.session, suite.window);
      const { value } = await recorder.order({ kind: 'tools' });
      expect(value).toEqual(
        expect.arrayContaining(
          ['device_status', 'list_models', 'benchmark'].map((name): unknown =>
            expect.objectContaining({ name: `tpu-pilot_${name}` }),
          ),
        ),
      );
    });

    suite.it('read the real device and its models', async () => {
      const device = await call('tpu-pilot_device_status');
      expect(device).toMatch(/cpu: .+, ready; driver cpu/);
      expect(device).toContain('SmolLM2');
      expect(await call('tpu-pilot_list_models')).toMatch(/= default: loaded, Q4_1/);
      // In a context of 8k tokens, no more than a hundredth each.
      expect(device.length).toBeLessThan(320);
    });

    suite.it('measure the real model with one generation, once that is allowed', async () => {
      const recorder = new Recorder(suite.session, suite.window);
      await recorder.give({ kind: 'tool', tool: 'tpu-pilot_benchmark', input: {} });
      const question = suite.window.page.locator('.monaco-dialog-box');
      await question.filter({ hasText: '64 tokens' }).waitFor();
      await suite.window.screenshot(screenshots, 'tools-benchmark');
      await question.locator('.monaco-button', { hasText: 'Yes' }).click();
      const { value, error } = await recorder.answer();
      expect(error).toBeUndefined();
      expect(JSON.stringify(value)).toMatch(
        /64 tokens generated.+TTFT \d+ ms.+prefill \d+ tokens.+decode [\d.]+ tokens\/s/,
      );
      await using client = await suite.session.connect();
      const { text } = await client.request('metrics/snapshot', null);
      expect(metric(text, 'tpu_pilot_requests_total', { class: 'chat' })).toBe(1);
    });

    suite.it('answer a wrong input with what to correct', async () => {
      expect(await call('tpu-pilot_device_status', { device: 5 })).toContain('expected string');
    });

    suite.it('can be named in a question', async () => {
      await suite.window.runCommand('Chat: Open Chat');
      await suite.window.page.locator('.interactive-input-part .monaco-editor').first().click();
      await suite.window.type('#tpuD');
      await suite.window.page
        .locator('.suggest-widget .monaco-list-row', { hasText: 'tpuDevice' })
        .first()
        .waitFor();
      await suite.window.screenshot(screenshots, 'tools-reference');
    });
  },
  {},
  { extensions: packRecorder },
);
