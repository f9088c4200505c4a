import { expect, test } from 'vitest';
import { fitDiff, isGenerated, newFileDiff, splitDiff } from '../../../extension/commit/diff.ts';

const CHANGED = `diff --git a/src/a.ts b/src/a.ts
index 1..2 100644
--- a/src/a.ts
+++ b/src/a.ts
@@ -1 +1 @@
-let a;
+diff --git a/not b/a header
`;
const BINARY = `diff --git a/logo.png b/logo.png
new file mode 100644
index 0..3
Binary files /dev/null and b/logo.png differ
`;
const RENAMED = `diff --git a/old name.ts b/new name.ts
similarity index 100%
rename from old name.ts
rename to new name.ts
`;
const DELETED = `diff --git a/gone.ts b/gone.ts
deleted file mode 100644
--- a/gone.ts
+++ /dev/null
@@ -1 +0,0 @@
-x
`;
const QUOTED = String.raw`diff --git "a/\346\226\207\"x.md" "b/\346\226\207\"x.md"
--- "a/\346\226\207\"x.md"
+++ "b/\346\226\207\"x.md"
@@ -1 +1 @@
-a
+b
`;
const UNPREFIXED = `diff --git .env .env
--- .env
+++ .env
@@ -1 +1 @@
-A=1
+A=2
`;
const MODE_ONLY = `diff --git a/run.sh b/run.sh
old mode 100644
new mode 100755
`;
const MERGE = `diff --cc src/b.ts
index 1,2..3
--- a/src/b.ts
+++ b/src/b.ts
@@@ -1,1 -1,1 +1,1 @@@
- a
 -b
++c
`;

test('the output is split by file, and lines of a file are no headers', () => {
  const files = splitDiff(
    CHANGED + BINARY + RENAMED + DELETED + QUOTED + UNPREFIXED + MODE_ONLY + MERGE,
  );
  expect(files.map(({ path, isBinary }) => [path, isBinary])).toEqual([
    ['src/a.ts', false],
    ['logo.png', true],
    ['new name.ts', false],
    ['gone.ts', false],
    ['文"x.md', false],
    ['.env', false],
    ['run.sh', false],
    ['src/b.ts', false],
  ]);
  expect(files[0]?.text).toBe(CHANGED.trimEnd());
});

test('nothing staged, no files', () => {
  expect(splitDiff('')).toEqual([]);
});

test('a new file looks as git would show it', () => {
  const file = newFileDiff('a.ts', 'let a;\r\nlet b;\n');
  expect(file.text).toBe('diff --git a/a.ts b/a.ts\nnew file\n+let a;\n+let b;');
  expect(splitDiff(`${file.text}\n`).map(({ path }) => path)).toEqual(['a.ts']);
});

test.each([
  ['package-lock.json', true],
  ['web/yarn.lock', true],
  ['Cargo.lock', true],
  ['go.sum', true],
  ['dist/app.min.js', true],
  ['app.js.map', true],
  ['src/lock.ts', false],
  ['locksmith.md', false],
  ['map.go', false],
])('%s is written by a tool: %s', (path, generated) => {
  expect(isGenerated(path)).toBe(generated);
});

test('the largest files are cut, with a note; the small ones stay whole', () => {
  const small = newFileDiff('small.ts', 'x');
  const large = newFileDiff(
    'large.ts',
    Array.from({ length: 500 }, (_, i) => `line ${i}`).join('\n'),
  );
  const fitted = fitDiff([large, small], 600);
  expect(fitted).toContain(small.text);
  expect(fitted).toMatch(/\+line \d+\n\(\d+ more lines of this file\)\n/);
  expect(fitted.length).toBeLessThan(700);
});

test('a file that has no room at all is still named', () => {
  const file = newFileDiff('huge.min.txt', 'x'.repeat(10_000));
  expect(fitDiff([file], 20)).toContain('huge.min.txt');
});
