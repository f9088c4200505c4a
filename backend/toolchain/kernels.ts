/**
 * The compiler turns parts of some nets, such as the attention of decode, into C and builds that
 * with CMake, Make and a C++ compiler of the place it runs in, then keeps the result.
 */
import { hasSucceeded } from './toolEnd.ts';
import type { Steps } from './steps.ts';

/** What the build starts; none of it comes with the compiler. */
export const BUILD_PROGRAMS = ['cmake', 'make', 'c++'] as const;

/** Those that are not there. @throws PilotError dockerFailed, cancelled */
export async function missingPrograms(steps: Steps): Promise<string[]> {
  const missing: string[] = [];
  for (const program of BUILD_PROGRAMS) {
    if (!hasSucceeded(await steps.run(program, ['--version']))) missing.push(program);
  }
  return missing;
}

/** Keeps what is built in our own folder, not in the user's. Its scripts do not quote paths. */
export function kernelSettings(folder: string): Record<string, string> {
  return /\s/u.test(folder) ? {} : { PPL_CACHE_PATH: folder };
}
