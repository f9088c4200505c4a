/**
 * The part of the built-in Git extension's exported API that writing commit messages needs. It is
 * code of another extension: checked before use, and typed here rather than copied.
 */
import * as vscode from 'vscode';
import * as z from 'zod';

const EXTENSION = 'vscode.git';
/** Of a change, in the Git extension's numbers. */
const UNTRACKED = 7;

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

interface GitChange {
  readonly uri: vscode.Uri;
  readonly status: number;
}

export interface GitRepository {
  readonly rootUri: vscode.Uri;
  readonly inputBox: { value: string };
  readonly state: {
    readonly workingTreeChanges: readonly GitChange[];
    /** Separate only when the person's settings say so. */
    readonly untrackedChanges?: readonly GitChange[];
  };
  /** Asks git for the state anew. */
  status(): Promise<void>;
  /** @param cached True: what is staged; false: what isn't. */
  diff(cached: boolean): Promise<string>;
  /** Rejects before the first commit. */
  log(options: { maxEntries: number }): Promise<readonly { message: string }[]>;
}

/** Addresses of other extensions are of the same class: they share one extension host. */
export const Address = z.custom<vscode.Uri>((value) => value instanceof vscode.Uri);

const Change = z.looseObject({ uri: Address, status: z.number() });
const RepositoryShape = z.looseObject({
  rootUri: Address,
  inputBox: z.looseObject({ value: z.string() }),
  state: z.looseObject({
    workingTreeChanges: z.array(Change),
    untrackedChanges: z.array(Change).optional(),
  }),
  status: z.custom(isFunction),
  diff: z.custom(isFunction),
  log: z.custom(isFunction),
});
// The object itself goes on: its methods need their `this`, and its texts change.
const Repository = z.custom<GitRepository>((value) => RepositoryShape.safeParse(value).success);

const Api = z.looseObject({ repositories: z.array(Repository) });
const Exports = z.custom<{ getAPI(version: 1): unknown }>(
  (value) => z.looseObject({ getAPI: z.custom(isFunction) }).safeParse(value).success,
);

/** Undefined when Git is turned off, missing, or of a version that this extension doesn't know. */
export async function gitRepositories(): Promise<readonly GitRepository[] | undefined> {
  const extension = vscode.extensions.getExtension(EXTENSION);
  if (!extension) return undefined;
  try {
    const exported = Exports.safeParse(await extension.activate());
    return exported.data && Api.safeParse(exported.data.getAPI(1)).data?.repositories;
  } catch {
    // `getAPI` throws while Git is turned off in the settings.
    return undefined;
  }
}

/** Files that are in no commit and not staged. */
export function untrackedFiles({ state }: GitRepository): vscode.Uri[] {
  const { workingTreeChanges, untrackedChanges = [] } = state;
  return [
    ...workingTreeChanges.filter(({ status }) => status === UNTRACKED),
    ...untrackedChanges,
  ].map(({ uri }) => uri);
}
