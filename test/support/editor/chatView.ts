/** VS Code's chat view in a window: asks, watches the answer, stops it. */
import type { Locator } from 'playwright-core';
import type { Workbench } from './workbench.ts';

export class ChatView {
  constructor(private readonly workbench: Workbench) {}

  /** Starts a conversation of its own, so that a test sees only its answers. */
  async startOver(): Promise<void> {
    const answers = this.view.locator('.interactive-response');
    // An empty conversation would be exchanged for another at a moment that can't be seen.
    if ((await answers.count()) === 0) return;
    await this.view.locator('.title-actions .codicon-plus').click();
    await answers.first().waitFor({ state: 'detached' });
  }

  /** Sends a message; VS Code must know a model by then, or it refuses to. */
  async ask(text: string): Promise<void> {
    await this.view.locator('.model-picker-split[aria-label*=","]').waitFor();
    const before = await this.lastAnswerRow();
    await this.view.locator('.interactive-input-part .monaco-editor').first().click();
    // What is there is replaced: VS Code repeats the participant of the last question.
    await this.workbench.press('Control+A');
    await this.workbench.page.keyboard.insertText(text);
    await this.workbench.press('Enter');
    // Until there is a row for it, the last answer is the one before.
    if (before !== null) {
      await this.view
        .locator(`.monaco-list-row:not([data-index="${before}"]) .chat-most-recent-response`)
        .waitFor();
    }
  }

  /** The answer to the last message. */
  get answer(): Locator {
    return this.view.locator('.interactive-response.chat-most-recent-response');
  }

  /** The text of the last answer so far. */
  async text(): Promise<string> {
    const parts = await this.answer.locator('.chat-markdown-part').allTextContents();
    return parts.join('\n').trim();
  }

  /** The error that the last answer ended with, if it did. */
  async problem(): Promise<string | undefined> {
    const shown = await this.answer.locator('.chat-notification-widget').allTextContents();
    return shown[0];
  }

  /** Waits until the last answer has some text. */
  async started(): Promise<void> {
    await this.answer.locator('.chat-markdown-part', { hasText: /\w/ }).first().waitFor();
  }

  /** Waits until the last answer has ended, in whatever way. */
  async ended(): Promise<void> {
    await this.view
      .locator('.interactive-response.chat-most-recent-response:not(.chat-response-loading)')
      .waitFor({ timeout: 120_000 });
    await this.stopButton.waitFor({ state: 'detached' });
  }

  /** Watches an answer to its end; returns the lengths it had on the screen, in order. */
  async lengthsUntilEnd(): Promise<number[]> {
    const lengths: number[] = [];
    let running = true;
    while (running) {
      running = await this.stopButton.isVisible();
      const { length } = await this.text();
      if (lengths.at(-1) !== length) lengths.push(length);
    }
    return lengths;
  }

  /** Presses the button that stops the running answer. */
  async stop(): Promise<void> {
    await this.stopButton.click();
  }

  /** Its number in the list; null when there is none. */
  private async lastAnswerRow(): Promise<string | null> {
    const row = this.view.locator('.monaco-list-row', {
      has: this.workbench.page.locator('.chat-most-recent-response'),
    });
    return (await row.count()) === 0 ? null : row.getAttribute('data-index');
  }

  private get stopButton(): Locator {
    return this.view.locator('.interactive-input-part .codicon-stop-circle');
  }

  /** Names of what the last answer is based on. */
  async references(): Promise<string[]> {
    const labels = this.answer.locator('.chat-used-context-label .monaco-button');
    // VS Code folds them into the steps of an answer, once it has ended.
    const steps = labels.filter({ hasText: /steps?\b/ });
    const used = labels.filter({ hasText: /references?$/ });
    await steps.or(used).first().waitFor();
    // They may be folded between the look and the click.
    for (let attempt = 1; attempt < 4; attempt++) {
      try {
        // Not by the mouse: a long answer has scrolled its beginning out of the window.
        if (!(await used.isVisible())) await steps.dispatchEvent('click', {}, { timeout: 5000 });
        await used.dispatchEvent('click', {}, { timeout: 5000 });
        break;
      } catch {
        // Looked for again.
      }
    }
    const rows = this.answer.locator('.chat-used-context-list .monaco-list-row');
    await rows.first().waitFor({ state: 'attached' });
    return rows.allTextContents();
  }

  /** The questions offered below the last answer. */
  async followups(): Promise<string[]> {
    const offered = this.view.locator('.interactive-session-followups .monaco-button');
    await offered.first().waitFor();
    return (await offered.allTextContents()).map((text) => text.trim());
  }

  async chooseFollowup(label: string): Promise<void> {
    await this.view
      .locator('.interactive-session-followups .monaco-button', { hasText: label })
      .click();
    await this.stopButton.waitFor();
  }

  /** The buttons that the last answer ends with, by their texts. */
  button(title: string): Locator {
    return this.answer.locator('.chat-command-button .monaco-button', { hasText: title });
  }

  /** Attaches the file of the active editor to the next message. */
  async attachActiveFile(name: string): Promise<void> {
    await this.workbench.runCommand('Chat: Add File to Chat');
    await this.view.locator('.chat-attached-context-attachment', { hasText: name }).waitFor();
  }

  /** The side bar on the right, where VS Code puts its chat. */
  private get view(): Locator {
    return this.workbench.page.locator('.part.auxiliarybar');
  }
}
