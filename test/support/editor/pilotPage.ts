/** A page of this extension in a window: its form or a report. */
import type { FrameLocator, Locator } from 'playwright-core';
import { vi } from 'vitest';
import type { Workbench } from './workbench.ts';

export class PilotPage {
  constructor(private readonly window: Workbench) {}

  /** The page that is in front: the others' frames are hidden. */
  get frame(): FrameLocator {
    return this.window.page
      .locator('iframe.webview.ready[src*="extensionId=tpu-pilot.tpu-pilot"]:visible')
      .contentFrame()
      .locator('iframe#active-frame')
      .contentFrame();
  }

  button(name: string | RegExp): Locator {
    return this.frame.getByRole('button', { name });
  }

  /** Scrolls to it. A part of the page that is drawn anew at that moment is looked for again. */
  async scrollTo(place: Locator): Promise<void> {
    const look = (): Promise<void> => place.scrollIntoViewIfNeeded({ timeout: 10_000 });
    await vi.waitFor(look, { timeout: 60_000, interval: 100 });
  }

  /** Waits for the page by its first heading. */
  async titled(title: string | RegExp): Promise<void> {
    await this.frame.getByRole('heading', { level: 1, name: title }).waitFor();
  }
}
