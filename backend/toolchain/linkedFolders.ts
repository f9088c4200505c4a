/** What a container has to see besides a folder, for the links in it to lead somewhere. */
import { readdir, realpath } from 'node:fs/promises';
import path from 'node:path';

/**
 * The folders or files, and the folders of the files that links in them lead to: a snapshot in
 * Hugging Face's cache is links alone. What cannot be read is left to whoever reads it.
 */
export async function withLinkedFolders(places: readonly string[]): Promise<string[]> {
  const found = await Promise.all(places.map(linkedFolders));
  return [...new Set([...places, ...found.flat()])];
}

async function linkedFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const links = entries.filter((entry) => entry.isSymbolicLink());
  const targets = links.map(({ name }) => realpath(path.join(folder, name)).catch(() => undefined));
  return (await Promise.all(targets)).flatMap((target) =>
    target === undefined ? [] : [path.dirname(target)],
  );
}
