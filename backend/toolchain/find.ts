/** The compiler for those who use it: as it was when it was last seen to work. */
import path from 'node:path';
import { PilotError } from '../protocol/errors.ts';
import { toolchainLayout } from './layout.ts';
import type { Runner } from './runner.ts';
import { readState } from './state.ts';
import { runnerFor } from './status.ts';

export interface InstalledToolchain {
  readonly runner: Runner;
  readonly root: string;
  readonly python: string;
  readonly bin: string;
  readonly kernels: string;
  /** Folder of the compiler's shared objects, the emulator's among them. */
  readonly libraries: string;
  readonly versions: readonly { name: string; version: string }[];
}

/** @throws PilotError toolchainMissing */
export async function findToolchain(
  home: string,
  env: NodeJS.ProcessEnv,
): Promise<InstalledToolchain> {
  const layout = toolchainLayout(home);
  const { root, python, bin, kernels, sitePackages } = layout;
  const state = await readState(layout.state);
  if (!state?.checked) {
    const reason = state ? 'its installation did not get to its end' : `nothing is in ${root}`;
    throw new PilotError('toolchainMissing', { reason });
  }
  return {
    runner: runnerFor(state.choice, env),
    ...{ root, python, bin, kernels },
    libraries: path.join(sitePackages, 'tpu_mlir', 'lib'),
    versions: state.checked.programs,
  };
}
