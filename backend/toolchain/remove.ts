/** Takes the toolchain away: the environment, and the Python that was brought for it. */
import { rm } from 'node:fs/promises';
import { diskError, makeFolder } from '../models/disk.ts';
import { withLock } from '../models/locks.ts';
import type { PullListener } from '../models/pullContext.ts';
import { PilotError } from '../protocol/errors.ts';
import { jobSentence } from '../protocol/jobSentences.ts';
import { toolchainLayout } from './layout.ts';
import { readState } from './state.ts';
import { runnerFor } from './status.ts';
import { Steps } from './steps.ts';

/** @throws PilotError homeNotWritable, cancelled while it waits for an installation */
export async function removeToolchain(
  home: string,
  listener: PullListener,
  signal: AbortSignal,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const layout = toolchainLayout(home);
  await makeFolder(home);
  const onWait = (): void => listener.onNotice('An installation is at work; waiting for it.');
  try {
    await withLock(layout.lock, { signal, onWait }, async () => {
      const state = await readState(layout.state);
      const runner = runnerFor(state?.choice ?? {}, env);
      await new Steps(layout, runner, signal, listener, 'install').endLeftovers();
      listener.onProgress({ step: jobSentence('remove', { what: layout.root }) });
      // First, so that what is left by a removal that is killed is not taken for an installation.
      await rm(layout.state, { force: true });
      await rm(layout.root, { recursive: true, force: true });
    });
  } catch (error) {
    if (signal.aborted) throw new PilotError('cancelled', {}, { cause: error });
    throw diskError(error, layout.root) ?? error;
  }
}
