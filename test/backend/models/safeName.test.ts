import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSafePath, toFileName, toModelId } from '../../../backend/models/safeName.ts';

/** Strings that are often near the edge of what is allowed. */
const nastyText = fc
  .array(
    fc.oneof(
      fc.constantFrom('..', '.', '/', '\\', 'C:', '~', 'con', 'NUL.txt', ' ', '\0', '\u202e', 'a'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

describe('isSafePath', () => {
  it.each([
    'model.gguf',
    'dir/model.gguf',
    'a/b/c.json',
    '模型.gguf',
    'x-00001-of-00002.gguf',
    '.a',
  ])('allows %s', (name) => expect(isSafePath(name)).toBe(true));

  it.each([
    '',
    '.',
    '..',
    '../a',
    'a/../b',
    'a/..',
    '/etc/passwd',
    'a//b',
    'a/',
    'C:\\a',
    'C:a',
    'a\\b',
    '\\\\host\\share',
    'a\0b',
    'a\nb',
    'con',
    'NUL.gguf',
    'dir/com1.txt',
    'a.',
    'a ',
    ' a',
    'a:stream',
    '\u202efgg.exe',
    '\ud800',
    'a/b/c/d/e/f/g/h/i',
    'a'.repeat(201),
  ])('refuses %j', (name) => expect(isSafePath(name)).toBe(false));

  it('keeps what it allows inside the folder, on every platform', () => {
    fc.assert(
      fc.property(nastyText, (name) => {
        fc.pre(isSafePath(name));
        expect(path.posix.resolve('/home/models', name)).toMatch(/^\/home\/models\/./u);
        expect(path.win32.resolve('C:\\home\\models', name)).toMatch(/^C:\\home\\models\\./u);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('toModelId', () => {
  it.each([
    ['SmolLM2-135M-Instruct.Q4_1', 'smollm2-135m-instruct.q4_1'],
    ['My model (v2)', 'my-model-v2'],
    ['模型', 'model'],
    ['..', 'model'],
    ['CON', 'model-con'],
  ])('makes %s into %s', (text, id) => expect(toModelId(text)).toBe(id));

  it('is always a safe name of one segment', () => {
    fc.assert(
      fc.property(nastyText, (text) => {
        const id = toModelId(text);
        expect(id).toMatch(/^[a-z0-9][a-z0-9._-]{0,95}$/u);
        expect(isSafePath(id)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('toFileName', () => {
  it.each([
    ['dir/a.gguf', 'a.gguf'],
    ['../../a.gguf', 'a.gguf'],
    ['dir\\a.gguf', 'a.gguf'],
    ['..', 'fallback'],
    ['dir/', 'fallback'],
    ['dir/NUL.gguf', 'fallback'],
  ])('makes %s into %s', (name, file) => expect(toFileName(name, 'fallback')).toBe(file));
});
