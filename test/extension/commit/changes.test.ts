import { afterEach, expect, test } from 'vitest';
import type * as vscode from 'vscode';
import { changesOf } from '../../../extension/commit/changes.ts';
import { fake } from '../../support/fakeVscode.ts';
import { diffOf, fakeRepository } from '../../support/fakeRepository.ts';

afterEach(() => fake.reset());

const admits = ({ path }: vscode.Uri): boolean => !path.endsWith('.env');
const paths = (files: readonly { path: string }[]): string[] => files.map(({ path }) => path);

test('what is staged is what counts', async () => {
  const repository = fakeRepository({ staged: diffOf('a.ts'), unstaged: diffOf('b.ts') });
  const { files } = await changesOf(repository, admits);
  expect(paths(files)).toEqual(['a.ts']);
});

test('with nothing staged it is everything, new files too', async () => {
  fake.files.set('/workspace/new.ts', new TextEncoder().encode('let fresh;\n'));
  const untracked = ['new.ts', 'vanished.ts', '.env'];
  const repository = fakeRepository({ unstaged: diffOf('b.ts'), untracked });
  const { files } = await changesOf(repository, admits);
  expect(paths(files)).toEqual(['b.ts', 'new.ts']);
  expect(files[1]?.text).toContain('+let fresh;');
});

test('secrets stay, and files that tell nothing are only named', async () => {
  fake.files.set('/workspace/new.png', new TextEncoder().encode('PNG\0'));
  const repository = fakeRepository({
    unstaged: diffOf('a.ts', '.env', 'package-lock.json'),
    untracked: ['new.png'],
  });
  const { files, unseen, excluded } = await changesOf(repository, admits);
  expect(paths(files)).toEqual(['a.ts']);
  expect(unseen).toEqual(['package-lock.json', 'new.png']);
  expect(excluded).toEqual(['.env']);
});

test('a repository without changes has none', async () => {
  expect(await changesOf(fakeRepository(), admits)).toEqual({
    files: [],
    unseen: [],
    excluded: [],
  });
});
