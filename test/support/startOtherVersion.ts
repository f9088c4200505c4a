import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Starts a backend of another version in a home; resolves when it can be found there. */
export async function startOtherVersion(home: string): Promise<ChildProcess> {
  const script = join(import.meta.dirname, 'otherVersion.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, home], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}
