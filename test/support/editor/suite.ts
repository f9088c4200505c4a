/** One real editor for all tests of a file. */
import { afterAll, beforeAll, describe, expect, inject, it, onTestFailed } from 'vitest';
import { EditorSession, type SessionOptions } from './session.ts';
import { testModelPath } from '../provideModel.ts';
import type { Workbench } from './workbench.ts';

export interface EditorSuite {
  readonly session: EditorSession;
  /** The first window, whose extension is connected and has its model. */
  readonly window: Workbench;
  /** A test that leaves a picture of every window when it fails, by default after four minutes. */
  it(name: string, test: () => Promise<void>, timeoutMs?: number): void;
}

export interface SuiteOptions extends SessionOptions {
  /** False: the home starts without a model. */
  readonly model?: boolean;
  /** What the first window waits for; by default the backend, ready with its model. */
  readonly until?: (window: Workbench) => Promise<void>;
  /** Error lines in the logs that the suite brings about on purpose. */
  readonly expectedErrors?: RegExp;
}

/**
 * Defines a suite in an editor of its own, and at its end the test that nothing went wrong unseen.
 * Skipped on a machine without the editor, see provideEditor.ts.
 */
export function describeEditor(
  name: string,
  define: (suite: EditorSuite) => void,
  settings: Readonly<Record<string, unknown>> = {},
  options: SuiteOptions = {},
): void {
  const {
    model = true,
    until = (window: Workbench) => window.pilotReady(),
    expectedErrors,
  } = options;
  const provided = inject('editor');
  describe.skipIf(!provided)(name, () => {
    let session: EditorSession | undefined;
    let window: Workbench | undefined;
    const started = <T>(value: T | undefined): T => {
      if (value === undefined) throw new Error('The editor is not open yet.');
      return value;
    };

    beforeAll(async () => {
      const path = model ? testModelPath() : undefined;
      session = await EditorSession.start(started(provided), path, settings, options);
      window = await session.openWindow();
      try {
        await until(window);
      } catch (error) {
        // Its folder goes with the session: what the editor said about it is told now.
        await session.screenshot(`failed-${name}-to-open`.replace(/\W+/g, '-'));
        throw new Error((await session.errors()).join('\n'), { cause: error });
      }
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
      it(title, test, timeoutMs) {
        it(
          title,
          async () => {
            onTestFailed(async () => {
              await session?.screenshot(`failed-${name}-${title}`.replace(/\W+/g, '-'));
            });
            await test();
          },
          timeoutMs,
        );
      },
    });

    it('leaves no errors in the logs of the extension host', async () => {
      const errors = await started(session).errors();
      expect(errors.filter((error) => expectedErrors?.test(error) !== true)).toEqual([]);
    });
  });
}
