/** Reads the project files from which a test framework can be told. */
import * as vscode from 'vscode';
import { editorFiles, type Files } from './files.ts';
import { evidenceFor, type Evidence } from './testFramework.ts';

/** Folders to look in, upwards from the file. */
const MOST_FOLDERS = 8;
const LARGEST_FILE = 256 * 1024;

/** From the file's folder up to the workspace's; only its own when it is in no workspace. */
function foldersOf(uri: vscode.Uri): vscode.Uri[] {
  const root = vscode.workspace.getWorkspaceFolder(uri)?.uri.path;
  const folders: vscode.Uri[] = [];
  let folder = vscode.Uri.joinPath(uri, '..');
  while (folders.length < MOST_FOLDERS) {
    folders.push(folder);
    if (root === undefined || folder.path === root || folder.path === '/') break;
    folder = vscode.Uri.joinPath(folder, '..');
  }
  return folders;
}

/** Nearest first. Files that are missing or can't be read are left out. */
export async function testEvidence(
  uri: vscode.Uri,
  languageId: string,
  files: Files = editorFiles,
): Promise<Evidence> {
  // Untitled documents have no folder.
  if (uri.scheme === 'untitled') return [];
  const places = foldersOf(uri).flatMap((folder) =>
    evidenceFor(languageId).map((name) => [name, vscode.Uri.joinPath(folder, name)] as const),
  );
  const found = await Promise.all(
    places.map(async ([name, place]) => {
      try {
        const { size } = await files.stat(place);
        return size > LARGEST_FILE ? [] : [[name, await files.read(place)] as const];
      } catch {
        return [];
      }
    }),
  );
  return found.flat();
}
