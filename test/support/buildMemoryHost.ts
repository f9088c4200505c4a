/** Child processes run JavaScript: the in-memory device host, bundled into a temporary folder. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as esbuild from 'esbuild';

export interface MemoryHostBuild {
  readonly folder: string;
  readonly modulePath: string;
  remove(): Promise<void>;
}

export async function buildMemoryHost(): Promise<MemoryHostBuild> {
  const folder = await mkdtemp(join(tmpdir(), 'tpu-pilot-host-'));
  const modulePath = join(folder, 'memoryDeviceHost.mjs');
  await esbuild.build({
    entryPoints: [new URL('memoryDeviceHost.ts', import.meta.url).pathname],
    outfile: modulePath,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
  return { folder, modulePath, remove: () => rm(folder, { recursive: true, force: true }) };
}
