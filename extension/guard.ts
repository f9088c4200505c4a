import type { LogOutputChannel } from 'vscode';

/** For work that nobody waits for: its failure goes to the log, never to the extension host. */
export function guard(log: Pick<LogOutputChannel, 'error'>, work: PromiseLike<unknown>): void {
  work.then(undefined, (error: unknown) => {
    log.error(error instanceof Error ? error : String(error));
  });
}
