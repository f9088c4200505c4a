/** The vendor's compiler: looked for, and installed when the person agrees to its size. */
import * as vscode from 'vscode';
import type { ToolchainStatus } from '../../backend/protocol/toolchain.ts';
import type { BackendConnection } from '../backendConnection.ts';
import type { BackendSession } from '../backendSession.ts';
import { commands } from '../commandIds.ts';
import type { JobRunner } from '../jobs/jobRunner.ts';
import { mayStartJobs } from '../jobs/trust.ts';
import { inform } from '../notices.ts';
import { formatSize } from '../pages/numbers.ts';

/** What is asked before several gigabytes are fetched. */
function question({ state, missingBytes, problems }: ToolchainStatus): string {
  const sizes = [formatSize(missingBytes.download), formatSize(missingBytes.disk)] as const;
  switch (state) {
    case 'missing':
      return vscode.l10n.t(
        "Install the vendor's compiler? {0} are downloaded and take {1} on the disk of the backend's machine. It can be cancelled, and goes on where it stopped.",
        ...sizes,
      );
    case 'incomplete':
      return vscode.l10n.t(
        "Complete the installation of the vendor's compiler? {0} are still to be downloaded and take {1} on the disk. {2}",
        ...sizes,
        problems[0] ?? '',
      );
    case 'ready':
      return vscode.l10n.t(
        "The vendor's compiler is installed and works. Check all of it, and repair what is broken?",
      );
    default:
      return state satisfies never;
  }
}

async function statusOf(session: BackendSession): Promise<ToolchainStatus> {
  const title = vscode.l10n.t('TPU Pilot: looking for the compiler');
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () =>
    session.request('toolchain/status', null),
  );
}

export class ToolchainSetup {
  constructor(
    private readonly backend: Pick<BackendConnection, 'start' | 'ready'>,
    private readonly runner: JobRunner,
  ) {}

  /** The command. Throws what the backend refuses with. */
  async install(): Promise<void> {
    if (!(await mayStartJobs())) return;
    this.backend.start();
    const session = await this.backend.ready();
    await this.offer(session, await statusOf(session));
  }

  /** True when the compiler is there, perhaps since now. Throws what the backend refuses with. */
  async ensure(session: BackendSession): Promise<boolean> {
    const status = await statusOf(session);
    return status.state === 'ready' || this.offer(session, status);
  }

  /** Told when the job of an installation that nobody waited for is done. */
  async tellInstalled(): Promise<void> {
    await inform(vscode.l10n.t('The compiler is installed.'), commands.convertModel);
  }

  private async offer(session: BackendSession, status: ToolchainStatus): Promise<boolean> {
    const install = status.state === 'ready' ? vscode.l10n.t('Repair') : vscode.l10n.t('Install');
    const chosen = await vscode.window.showInformationMessage(
      question(status),
      { modal: true },
      install,
    );
    if (chosen !== install) return false;
    const job = await session.request('toolchain/install', {});
    const ended = await this.runner.end(session, job);
    // Whoever waits for it goes on instead of being told.
    if (ended.state !== 'done') await this.runner.tell(session, ended);
    return ended.state === 'done';
  }
}
