import { expect, test } from 'vitest';
import { identifiersOf, jaccard } from '../../../extension/completion/identifiers.ts';
import { chunksOf, Neighbours, type SourceFile } from '../../../extension/completion/neighbours.ts';

function file(name: string, text: string, version = 1): SourceFile {
  return { name, version, getText: () => text };
}

/** 32 lines that use a name. */
const about = (name: string): string =>
  Array.from({ length: 32 }, (_, i) => `  ${name}.${name}Step(${name}Input, ${i});`).join('\n');

test('names are taken in any script, words of the language are not', () => {
  expect([...identifiersOf('const größe = await 温度计.read_all(x, $scope);')].sort()).toEqual([
    '$scope',
    'größe',
    'read_all',
    '温度计',
  ]);
});

test.each([
  [['a', 'b'], ['a', 'b'], 1],
  [['a', 'b'], ['b', 'c'], 1 / 3],
  [['a'], ['b'], 0],
  [[], [], 0],
])('%j and %j are alike by %d', (a, b, expected) => {
  expect(jaccard(new Set(a), new Set(b))).toBeCloseTo(expected);
});

test('a file is cut at fixed lines, so that its pieces stay when it grows', () => {
  const text = `${about('parser')}\n${about('printer')}`;
  const chunks = chunksOf('a.ts', text);
  expect(chunks.map(({ line }) => line)).toEqual([0, 32]);
  expect(chunksOf('a.ts', `${text}\nmore`).slice(0, 2)).toEqual(chunks);
});

test.each([
  ['minified', 'x'.repeat(2_000_000)],
  ['binary', 'PNG\0\u0001'],
  ['empty', '\n\n\n'],
])('a %s file gives nothing', (_, text) => {
  expect(chunksOf('a', text)).toEqual([]);
});

test('line ends become LF', () => {
  expect(chunksOf('a', 'one\r\ntwo\rthree')[0]?.text).toBe('one\ntwo\nthree');
});

test('the pieces most like the text at the cursor are chosen, in the order of the files', () => {
  const files = [
    file('a.ts', about('colour')),
    file('b.ts', `${about('weather')}\n${about('parser')}`),
    file('c.ts', about('parser')),
  ];
  const chosen = new Neighbours().choose(files, 'parser.parserStep(parserInput', 2800);
  expect(chosen.map(({ name, line }) => [name, line])).toEqual([
    ['b.ts', 32],
    ['c.ts', 0],
  ]);
});

test('the budget holds, and what does not fit is left out whole', () => {
  const files = [file('a.ts', about('parser')), file('b.ts', 'parser(parserInput);')];
  const chosen = new Neighbours().choose(files, 'parser parserInput', 100);
  expect(chosen.map(({ name }) => name)).toEqual(['b.ts']);
});

test('what was chosen before stays until something is clearly better', () => {
  const shared = 'parser parserInput parserStep parserEnd';
  const near = (more: string): string => `${shared} ${more}`;
  const files = [file('a.ts', near('extraA')), file('b.ts', near('extraB otherB'))];
  const neighbours = new Neighbours();
  const [best] = neighbours.choose(files, shared, 60);
  expect(best?.name).toBe('a.ts');
  const before = [{ name: 'b.ts', line: 0, text: near('extraB otherB') }];
  // b.ts is a little less alike, and was there before.
  expect(neighbours.choose(files, shared, 60, before).map(({ name }) => name)).toEqual(['b.ts']);
});

test('a changed file is cut anew', () => {
  const neighbours = new Neighbours();
  neighbours.choose([file('a.ts', 'parser one')], 'parser', 100);
  const [chunk] = neighbours.choose([file('a.ts', 'parser two', 2)], 'parser', 100);
  expect(chunk?.text).toBe('parser two');
});
