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
    await this.view.locator('.interactive-input-part .monaco-editor').first().click();
    // What is there is replaced: VS Code repeats the participant of the last question.
    await this.workbench.press('Control+A');
    await this.workbench.page.keyboard.insertText(text);
    await this.workbench.press('Enter');
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

  private get stopButton(): Locator {
    return this.view.locator('.interactive-input-part .codicon-stop-circle');
  }

  /** The side bar on the right, where VS Code puts its chat. */
  private get view(): Locator {
    return this.workbench.page.locator('.part.auxiliarybar');
  }
}
