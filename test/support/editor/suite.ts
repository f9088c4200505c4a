/** One real editor for all tests of a file. */
import { afterAll, beforeAll, describe, expect, inject, it, onTestFailed } from 'vitest';
import { EditorSession } from './session.ts';
import { testModelPath } from '../provideModel.ts';
import type { Workbench } from './workbench.ts';

export interface EditorSuite {
  readonly session: EditorSession;
  /** The first window, whose extension is connected and has its model. */
  readonly window: Workbench;
  /** A test that leaves a picture of every window when it fails. */
  it(name: string, test: () => Promise<void>): void;
}

/**
 * Defines a suite in an editor of its own, and at its end the test that nothing went wrong unseen.
 * Skipped on a machine without the editor, see provideEditor.ts.
 */
export function describeEditor(
  name: string,
  define: (suite: EditorSuite) => void,
  settings: Readonly<Record<string, unknown>> = {},
): void {
  const provided = inject('editor');
  describe.skipIf(!provided)(name, () => {
    let session: EditorSession | undefined;
    let window: Workbench | undefined;
    const started = <T>(value: T | undefined): T => {
      if (value === undefined) throw new Error('The editor is not open yet.');
      return value;
    };

    beforeAll(async () => {
      session = await EditorSession.start(started(provided), testModelPath(), settings);
      window = await session.openWindow();
      await window.pilotReady();
    });
    afterAll(async () => {
      await session?.[Symbol.asyncDispose]();
    });

    define({
      get session() {
        return started(session);
      },
      get window() {
        return started(window);
      },
      it(title, test) {
        it(title, async () => {
          onTestFailed(async () => {
            await session?.screenshot(`failed-${name}-${title}`.replace(/\W+/g, '-'));
          });
          await test();
        });
      },
    });

    it('leaves no errors in the logs of the extension host', async () => {
      expect(await started(session).errors()).toEqual([]);
    });
  });
}
