/** The extension's reports, as the Markdown preview shows them. */
import type { Locator } from 'playwright-core';
import type { Workbench } from './workbench.ts';

/** Opens a report by its command; returns the preview's content once it has its heading. */
export async function openReport(
  window: Workbench,
  command: string,
  heading: string,
): Promise<Locator> {
  await window.runCommand(command);
  await window.page.locator('.tab.active', { hasText: heading }).waitFor();
  // The preview of each tab is a frame in a frame; the other tabs' are hidden, and notebooks have
  // such frames too.
  const body = window.page
    .locator('iframe.webview.ready[src*="vscode.markdown-language-features"]:visible')
    .contentFrame()
    .locator('iframe#active-frame')
    .contentFrame()
    .locator('body', { has: window.page.locator('h1', { hasText: heading }) });
  await body.locator('h1', { hasText: heading }).waitFor();
  return body;
}

/** Closes the tab in front. */
export async function closeTab(window: Workbench): Promise<void> {
  await window.runCommand('View: Close Editor');
}

/** The cells of the rows of a table, without its head. */
export async function tableRows(report: Locator, index: number): Promise<string[][]> {
  const rows = await report.locator('table').nth(index).locator('tbody tr').all();
  return Promise.all(rows.map((row) => row.locator('td').allTextContents()));
}
