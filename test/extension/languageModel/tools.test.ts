import fc from 'fast-check';
import { expect, test } from 'vitest';
import { orderedTools } from '../../../extension/languageModel/tools.ts';

const tool = (name: string) => ({ name, description: name });
const names = (tools: readonly { name: string }[]): string[] =>
  orderedTools(tools.map(({ name }) => tool(name))).map(({ name }) => name);

test('ours come first, then what work on code needs, then the rest in the order given', () => {
  const offered = [
    'open_browser',
    'grep_search',
    'b_tool',
    'tpuPilot_benchmark',
    'a_tool',
    'read_file',
  ];
  expect(names(offered.map(tool))).toEqual([
    'tpuPilot_benchmark',
    'read_file',
    'grep_search',
    'open_browser',
    'b_tool',
    'a_tool',
  ]);
});

test.each([
  ['a name that the protocol refuses', [{ name: 'a b', description: '' }], []],
  [
    'a schema that is no JSON',
    [{ name: 'a', description: '', inputSchema: { type: () => undefined } }],
    [{ name: 'a', description: '' }],
  ],
  [
    'a description as long as a book',
    [{ name: 'a', description: 'x'.repeat(50_000) }],
    [{ name: 'a', description: 'x'.repeat(16_384) }],
  ],
])('%s costs no more than it must', (_, offered, expected) => {
  expect(orderedTools(offered)).toEqual(expected);
});

test('there are never more than the protocol takes', () => {
  expect(orderedTools(Array.from({ length: 500 }, (_, index) => tool(`t${index}`)))).toHaveLength(
    128,
  );
});

test('the same tools come in the same order whatever else is offered', () => {
  const name = fc.constantFrom('read_file', 'tpuPilot_x', 'a', 'b', 'c', 'get_errors', 'list_dir');
  fc.assert(
    fc.property(fc.uniqueArray(name), fc.func(fc.boolean()), (offered, isKept) => {
      const all = names(offered.map(tool));
      expect(all.toSorted()).toEqual(offered.toSorted());
      const some = offered.filter((each) => isKept(each));
      expect(names(some.map(tool))).toEqual(all.filter((each) => some.some((one) => one === each)));
    }),
  );
});
