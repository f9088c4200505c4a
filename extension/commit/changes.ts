/** The changes of a repository that a commit message is written from, without what must stay. */
import * as vscode from 'vscode';
import { editorFiles, type Files } from '../chat/files.ts';
import { isGenerated, newFileDiff, splitDiff, type FileDiff } from './diff.ts';
import { untrackedFiles, type GitRepository } from './git.ts';

export interface Changes {
  readonly files: readonly FileDiff[];
  /** Binary and generated files: that they changed is told, their lines are not. */
  readonly unseen: readonly string[];
  /** On the exclude list: neither text nor name is sent. */
  readonly excluded: readonly string[];
}

/** A folder of new files can hold anything; more than these tell no more. */
const MOST_NEW_FILES = 40;
const LARGEST_NEW_FILE = 256 * 1024;

async function newFile(
  repository: GitRepository,
  uri: vscode.Uri,
  files: Files,
): Promise<FileDiff | undefined> {
  const root = `${repository.rootUri.path}/`;
  const path = uri.path.startsWith(root) ? uri.path.slice(root.length) : uri.path;
  try {
    const { type, size } = await files.stat(uri);
    if (type === vscode.FileType.Directory) return undefined;
    const text = size > LARGEST_NEW_FILE ? '' : await files.read(uri);
    return text.includes('\0') ? { path, text: '', isBinary: true } : newFileDiff(path, text);
  } catch {
    // Gone since git looked.
    return undefined;
  }
}

/** What is staged; when nothing is, what would be committed if everything were. */
async function allChanges(
  repository: GitRepository,
  admits: (uri: vscode.Uri) => boolean,
  files: Files,
): Promise<FileDiff[]> {
  const staged = splitDiff(await repository.diff(true));
  if (staged.length > 0) return staged;
  await repository.status();
  const added = untrackedFiles(repository).filter(admits).slice(0, MOST_NEW_FILES);
  const read = await Promise.all(added.map((uri) => newFile(repository, uri, files)));
  return [...splitDiff(await repository.diff(false)), ...read.filter((one) => one !== undefined)];
}

/**
 * @param admits False for places on the exclude list.
 * @throws what git fails with
 */
export async function changesOf(
  repository: GitRepository,
  admits: (uri: vscode.Uri) => boolean,
  files: Files = editorFiles,
): Promise<Changes> {
  const kept: FileDiff[] = [];
  const unseen: string[] = [];
  const excluded: string[] = [];
  for (const file of await allChanges(repository, admits, files)) {
    const { path } = file;
    if (!admits(vscode.Uri.joinPath(repository.rootUri, path))) excluded.push(path);
    else if (file.isBinary || isGenerated(path)) unseen.push(path);
    else kept.push(file);
  }
  return { files: kept, unseen, excluded };
}
