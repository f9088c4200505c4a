/** vitest's global set-up of the editor tests: the editor, the browser and the packaged extension. */
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { provideChromium } from './editor/chromium.ts';
import { provideEditor, type Editor } from './editor/provision.ts';
import { packageExtension } from './package.ts';

export interface ProvidedEditor {
  readonly editor: Editor;
  /** Path of the browser. */
  readonly chromium: string;
  /** Path of the packaged extension. */
  readonly vsix: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Undefined on a machine without it; the tests are skipped then. */
    readonly editor: ProvidedEditor | undefined;
  }
}

const report = (line: string): void => void process.stderr.write(`${line}\n`);

export default async function setup(project: TestProject): Promise<void> {
  // A broken package is never a reason to skip.
  const vsix = await packageExtension(join(import.meta.dirname, '../..'));
  try {
    const editor = await provideEditor(report);
    const chromium = await provideChromium(report);
    project.provide('editor', { editor, chromium, vsix });
  } catch (error) {
    if (process.env['CI']) throw error;
    report(`The editor tests are skipped: ${error instanceof Error ? error.message : ''}`);
    project.provide('editor', undefined);
  }
}
