/** A repository of the Git extension, whose answers the test writes. */
import * as vscode from 'vscode';
import type { GitRepository } from '../../extension/commit/git.ts';

export interface FakeRepositoryParts {
  readonly staged?: string;
  readonly unstaged?: string;
  readonly untracked?: readonly string[];
  readonly subjects?: readonly string[];
  readonly root?: string;
}

export function fakeRepository(parts: FakeRepositoryParts = {}): GitRepository {
  const { staged = '', unstaged = '', untracked = [], subjects, root = '/workspace' } = parts;
  const address = (path: string): vscode.Uri => vscode.Uri.file(path);
  return {
    rootUri: address(root),
    inputBox: { value: '' },
    state: {
      workingTreeChanges: [
        { uri: address(`${root}/tracked.ts`), status: 5 },
        ...untracked.map((path) => ({ uri: address(`${root}/${path}`), status: 7 })),
      ],
    },
    status: () => Promise.resolve(),
    diff: (cached) => Promise.resolve(cached ? staged : unstaged),
    log: () =>
      subjects
        ? Promise.resolve(subjects.map((message) => ({ message: `${message}\n\nBody.` })))
        : Promise.reject(new Error('does not have any commits yet')),
  };
}

/** The output of `git diff` for one changed line of each file. */
export function diffOf(...paths: string[]): string {
  return paths
    .map(
      (path) =>
        `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -1 +1 @@\n-a\n+b\n`,
    )
    .join('');
}
