/** The report "Why No Suggestion?", read as a person would read it. */
import { closeTab, openReport, tableRows } from './report.ts';
import type { Workbench } from './workbench.ts';

export interface WhyReport {
  /** What it says of the file in front. */
  readonly now: string;
  /** The last requests, newest first. */
  readonly requests: readonly { file: string; fate: string; outcome: string }[];
}

/** Opens it, reads it and closes it. */
export async function readWhyReport(window: Workbench): Promise<WhyReport> {
  const title = 'Why No Suggestion?';
  const report = await openReport(window, `TPU Pilot: ${title}`, title);
  const paragraphs = report.locator('xpath=.//p[count(preceding-sibling::h2)=1]');
  const now = (await paragraphs.allTextContents()).join('\n');
  const rows = (await report.locator('table').count()) > 0 ? await tableRows(report, 0) : [];
  await closeTab(window);
  const requests = rows.map(([, file = '', fate = '', outcome = '']) => ({ file, fate, outcome }));
  return { now, requests };
}
