import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withoutGroup } from '../../../extension/nativeChat/modelGroups.ts';

const ours = { name: 'TPU Pilot', vendor: 'tpu-pilot' };

test('only the group with that name and vendor goes; what others hold stays as it is', () => {
  const others = [
    { name: 'TPU Pilot', vendor: 'ollama', url: 'http://localhost' },
    { name: 'Other', vendor: 'tpu-pilot', settings: { chat: { thinking: 'off' } } },
  ];
  const text = JSON.stringify([others[0], { ...ours, settings: {} }, others[1]]);
  expect(JSON.parse(withoutGroup(text, ours) ?? '')).toEqual(others);
});

test('a file without it, or without anything, comes out the same', () => {
  const group = fc.record({ name: fc.string(), vendor: fc.constantFrom('a', 'b') });
  fc.assert(
    fc.property(fc.array(group), (groups) => {
      expect(JSON.parse(withoutGroup(JSON.stringify(groups), ours) ?? '')).toEqual(groups);
    }),
  );
  expect(withoutGroup('', ours)).toBe('[]');
});

test.each(['{', '// note\n[]', '{"groups": []}', '[1]'])('%j is left to a person', (text) => {
  expect(withoutGroup(text, ours)).toBeUndefined();
});
