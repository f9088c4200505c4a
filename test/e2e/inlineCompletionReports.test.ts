/** Reasons and statistics of inline completion. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { CompletionRecord } from '../../extension/completion/record.ts';
import { closeTab, openReport, tableRows } from '../support/editor/report.ts';
import { screenshots } from '../support/editor/session.ts';
import { describeEditor } from '../support/editor/suite.ts';
import { readWhyReport } from '../support/editor/whyReport.ts';

const STATISTICS = ['TPU Pilot: Show Completion Statistics', 'Completion Statistics'] as const;

describeEditor('completion reports', (suite) => {
  const typeAtEnd = async (file: string, text: string): Promise<void> => {
    const { window } = suite;
    await window.openFile(file);
    await window.press('Control+End');
    await window.type(text);
  };

  suite.it('counts what was accepted, without a word of it', async () => {
    const { window, session } = suite;
    await typeAtEnd('statistics.py', '\n\ndef total(values):\n"""The sum."""\n');
    await window.ghostTextShown();
    await window.press('Tab');
    await window.save();
    const accepted = (await readWhyReport(window)).requests.find(({ outcome }) =>
      outcome.endsWith('accepted'),
    );
    expect(accepted?.outcome).toBe('accepted');

    const report = await openReport(window, ...STATISTICS);
    const today = new Map((await tableRows(report, 0)).map(([name, value]) => [name, value]));
    expect(Number(today.get('Shown'))).toBeGreaterThanOrEqual(1);
    expect(today.get('Accepted')).toMatch(/^[1-9]\d* %$/);
    expect(today.get('Latency p95')).toMatch(/s$/);
    const languages = (await tableRows(report, 1)).map(([language]) => language);
    expect(languages).toContain('python');
    await window.screenshot(screenshots, 'completion-statistics');
    await closeTab(window);

    const storage = 'User/globalStorage/tpu-pilot.tpu-pilot/completion-statistics.json';
    const text = await readFile(join(session.userData, storage), 'utf8');
    expect(Object.keys(CompletionRecord.parse(JSON.parse(text)).days)).toHaveLength(1);
    expect(text).not.toMatch(/values|def|statistics/);
  });
});
