/** One VS Code window in a browser page, driven as a person would drive it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';

/** Long enough for a busy machine: nothing here waits for a time to pass. */
const LIMIT_MS = 60_000;

export class Workbench {
  private constructor(readonly page: Page) {}

  /** Opens a window and waits until the workbench is up. */
  static async open(
    browser: Browser,
    url: string,
    size = { width: 1280, height: 800 },
  ): Promise<Workbench> {
    const page = await browser.newPage({ viewport: size });
    await page.goto(url);
    return Workbench.attach(page);
  }

  /** A page that is on its way to the workbench. */
  static async attach(page: Page): Promise<Workbench> {
    page.setDefaultTimeout(LIMIT_MS);
    await page.locator('.monaco-workbench .part.statusbar').waitFor();
    return new Workbench(page);
  }

  /** Runs a command by its title in the palette. */
  async runCommand(title: string): Promise<void> {
    await this.choose('F1', `>${title}`, title);
  }

  /** Opens a file of the workspace by its name, and waits for its editor. */
  async openFile(name: string): Promise<void> {
    await this.choose('Control+P', name, name);
    await this.page.locator('.tab.active', { hasText: name }).waitFor();
    await this.page.locator('.editor-instance .view-lines').first().waitFor();
  }

  /** Gives the keyboard to the active editor. */
  async focusEditor(): Promise<void> {
    await this.runCommand('View: Focus Active Editor Group');
  }

  /** Puts the cursor at a one-based line and column of the active editor. */
  async goTo(line: number, column: number): Promise<void> {
    await this.quickInput('Control+G', `:${line}:${column}`);
    await this.page.keyboard.press('Enter');
    await this.statusBar(new RegExp(`Ln ${line}, Col ${column}`)).waitFor();
  }

  /** Types into whatever has the focus, key by key. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text, { delay: 20 });
  }

  async press(key: string): Promise<void> {
    await this.page.keyboard.press(key);
  }

  /** Saves the active editor, which has changes. */
  async save(): Promise<void> {
    await this.page.locator('.tab.active.dirty').waitFor();
    await this.press('Control+S');
    await this.page.locator('.tab.active:not(.dirty)').waitFor();
  }

  /** The grey text of an inline completion in the active editor. */
  get ghostText(): Locator {
    return this.page.locator('.monaco-editor').locator('.ghost-text, .ghost-text-decoration');
  }

  /**
   * Waits for ghost text and returns it. On a busy machine a suggestion can miss its deadline; it is
   * asked for again then, as a person would.
   */
  async ghostTextShown(): Promise<string> {
    for (let attempt = 1; attempt < 4; attempt++) {
      const shown = await this.ghostText
        .first()
        .waitFor({ timeout: 20_000 })
        .then(
          () => true,
          () => false,
        );
      if (shown) break;
      await this.runCommand('Trigger Inline Suggestion');
    }
    await this.ghostText.first().waitFor();
    return (await this.ghostText.allTextContents()).join('');
  }

  /** An item of the status bar by its text. */
  statusBar(text: RegExp | string): Locator {
    return this.page.locator('.part.statusbar .statusbar-item', { hasText: text });
  }

  /** The item of this extension. */
  get pilotStatus(): Locator {
    return this.statusBar(/TPU/);
  }

  /** Waits until the extension is connected to a backend that has its model. */
  async pilotReady(): Promise<void> {
    await this.statusBar(/TPU (ready|就绪|[\d.]+ m?s)/).waitFor({ timeout: 120_000 });
  }

  /** Waits until no request runs, as far as the status bar knows. */
  async pilotIdle(): Promise<void> {
    await this.pilotReady();
    await this.pilotStatus.locator('.codicon-loading').waitFor({ state: 'detached' });
  }

  /** Rests the pointer on the item until its tooltip shows; returns the tooltip's text. */
  async hoverPilotStatus(): Promise<string> {
    await this.pilotStatus.hover();
    const tooltip = this.page.locator('.monaco-hover', { hasText: 'TPU Pilot' });
    await tooltip.waitFor();
    // Some of its spaces are there to keep words together.
    return ((await tooltip.textContent()) ?? '').replaceAll('\u00a0', ' ');
  }

  /** A notification by its text. */
  notification(text: RegExp | string): Locator {
    return this.page.locator('.notification-toast', { hasText: text });
  }

  /** Drags the border between two parts from one horizontal place to another, in pixels. */
  async dragSash(from: number, to: number): Promise<void> {
    const middle = (this.page.viewportSize()?.height ?? 0) / 2;
    await this.page.mouse.move(from, middle);
    await this.page.mouse.down();
    await this.page.mouse.move(to, middle, { steps: 8 });
    await this.page.mouse.up();
  }

  /** Saves the page as a picture, for people to look at. */
  async screenshot(folder: string, name: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }

  async close(): Promise<void> {
    await this.page.close();
  }

  /**
   * Opens the quick input by a key, types into it and takes the row it finds. What moves the focus
   * late closes the input, and a file search begun too early never lists the file: then it is opened
   * again, as a person would.
   */
  private async choose(key: string, text: string, row: string): Promise<void> {
    const found = this.page.locator('.quick-input-list .monaco-list-row', { hasText: row }).first();
    for (let attempt = 1; attempt < 4; attempt++) {
      await this.quickInput(key, text);
      try {
        await found.click({ timeout: 15_000 });
        return;
      } catch {
        await this.press('Escape');
      }
    }
    await this.quickInput(key, text);
    await found.click();
  }

  private async quickInput(key: string, text: string): Promise<void> {
    await this.page.keyboard.press(key);
    const input = this.page.locator('.quick-input-widget input[type="text"]');
    await input.waitFor();
    await input.fill(text);
  }
}
