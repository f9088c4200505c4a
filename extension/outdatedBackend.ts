/**
 * A backend of this machine that speaks another version, as after an update of the extension: it
 * can't be asked to stop, so its process is told to.
 */
import { readInstance } from '../backend/client/instanceFile.ts';
import { openSocket } from '../backend/client/openSocket.ts';
import { localTarget } from '../backend/client/target.ts';
import { homeOf } from './backendLog.ts';
import { processEnded } from './backendProcess.ts';
import type { BackendSettings } from './settings.ts';

/**
 * Ends the backend of the home that the settings name, after its running answers, and waits for it.
 * Does nothing when none runs.
 * @throws what `openSocket` throws, such as serverNotProven when something else has its address
 */
export async function endOutdated(settings: Pick<BackendSettings, 'home'>): Promise<void> {
  const instance = await readInstance(homeOf(settings));
  if (!instance) return;
  // Whoever knows the token wrote the file, so the process it names is the backend's.
  const socket = await openSocket(await localTarget(instance));
  socket.terminate();
  process.kill(instance.pid, 'SIGTERM');
  await processEnded(instance.pid);
}
