/** The product under test: a backend of its own home, and a client on its websocket. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { BackendClient } from '../../backend/client/backendClient.ts';
import { ReadyLine } from '../../backend/client/instanceFile.ts';
import { localTarget } from '../../backend/client/target.ts';

/** Peak and present memory, in bytes; proportional, so that shared file pages count once. */
export async function residentBytes(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? Number.NaN) * 1024;
}

export async function startProduct(model: string) {
  const home = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-bench-'));
  const entry = path.resolve(import.meta.dirname, '../../dist/main.js');
  const child = spawn(process.execPath, [entry, 'serve', '--home', home, '--model', model], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const gone = once(child, 'exit');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const ready = ReadyLine.parse(JSON.parse(line));
  const client = await BackendClient.connect(await localTarget(ready));
  return {
    client,
    pid: ready.pid,
    async stop(): Promise<void> {
      await client.close();
      child.kill('SIGTERM');
      await gone;
      await rm(home, { recursive: true });
    },
  };
}
export type Product = Awaited<ReturnType<typeof startProduct>>;
