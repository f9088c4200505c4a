/** VS Code's source control view of a window. */
import type { Locator } from 'playwright-core';
import type { Workbench } from './workbench.ts';

/** A line that has gone will not come back. */
const QUICKLY = { timeout: 1000 } as const;

export class SourceControlView {
  constructor(private readonly workbench: Workbench) {}

  async show(): Promise<void> {
    await this.workbench.runCommand('Source Control: Focus on Changes View');
    await this.input.waitFor();
  }

  /** A file among the changes. */
  change(name: string): Locator {
    return this.view.locator('.monaco-list-row', { hasText: name });
  }

  /** Presses a button of the view's title, which shows them under the pointer only. */
  async press(label: string): Promise<void> {
    await this.input.hover();
    const title = this.workbench.page.locator('.part.sidebar .pane-header, .part.sidebar .title');
    await title.locator(`.action-label[aria-label*="${label}"]`).click();
  }

  /**
   * The text of the message box; lines end with `\n`.
   * @throws when it changes meanwhile: to be asked again
   */
  async message(): Promise<string> {
    const lines = await this.input.locator('.view-line').all();
    const texts = await Promise.all(
      lines.map(async (line) => ({
        // Of the order in the document nothing is certain.
        top: (await line.boundingBox(QUICKLY))?.y ?? 0,
        text: ((await line.textContent(QUICKLY)) ?? '').replaceAll('\u00A0', ' '),
      })),
    );
    return texts
      .sort((a, b) => a.top - b.top)
      .map(({ text }) => text)
      .join('\n')
      .trim();
  }

  /** Replaces the text of the message box. */
  async type(text: string): Promise<void> {
    await this.input.click();
    await this.workbench.press('Control+A');
    await this.workbench.press('Delete');
    if (text !== '') await this.workbench.page.keyboard.insertText(text);
  }

  private get view(): Locator {
    return this.workbench.page.locator('.scm-view');
  }

  private get input(): Locator {
    return this.view.locator('.scm-editor .monaco-editor').first();
  }
}
