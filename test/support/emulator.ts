/** The `bm1684x` driver on the vendor's emulator in this process, which can open it once. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import koffi from 'koffi';
import { emulatorLibraries, emulatorProgram } from '../../backend/cardLibraries.ts';
import { Bm1684xDevice } from '../../backend/devices/bm1684x/bm1684x.ts';
import { toolchainHome } from './linkToolchain.ts';

const bundle = (name: string): URL =>
  pathToFileURL(path.join(import.meta.dirname, '../../dist', name));

export async function openEmulator(): Promise<Bm1684xDevice> {
  const libraries = await emulatorLibraries(toolchainHome, process.env);
  // Read by the library with getenv: a thread's own environment would not reach it.
  process.env['TPUKERNEL_FIRMWARE_PATH'] = emulatorProgram(libraries);
  process.env['BMRT_LOG_VERSION'] = '3';
  silenceStdout();
  return Bm1684xDevice.open({
    ...{ libraries, isEmulator: true, chip: 0 },
    modules: { card: bundle('cardThread.js'), tokenizer: bundle('tokenizerThread.js') },
  });
}

/** The emulator prints a page for every launch. Results of tests go another way. */
function silenceStdout(): void {
  const libc = koffi.load('libc.so.6');
  const open = libc.func('int open(const char *path, int flags)') as (
    path: string,
    flags: number,
  ) => number;
  const dup2 = libc.func('int dup2(int from, int to)') as (from: number, to: number) => number;
  const WRITE_ONLY = 1;
  dup2(open('/dev/null', WRITE_ONLY), 1);
}
