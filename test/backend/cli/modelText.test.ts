import { expect, it } from 'vitest';
import { describeModel, modelTable } from '../../../backend/cli/modelText.ts';
import type { ModelInfo } from '../../../backend/protocol/models.ts';

const gguf: ModelInfo = {
  id: 'small',
  aliases: ['default'],
  format: 'gguf',
  path: '/models/small.gguf',
  source: 's',
  files: [],
  addedAt: 'then',
  hasChatTemplate: true,
  hasFillIn: true,
  loaded: false,
};
const bmodel: ModelInfo = { ...gguf, id: 'card', aliases: [], format: 'bmodel', verified: false };

it('says of a bmodel, and of no other, whether it was compared with its float model', () => {
  const [heading, ...rows] = modelTable([gguf, bmodel, { ...bmodel, verified: true }]).split('\n');
  expect(heading).toMatch(/FILL-IN {2}CHECK$/);
  expect(rows.map((row) => row.split(/ {2,}/).at(-1))).toEqual(['yes', 'unverified', 'verified']);
  expect(modelTable([gguf]).split('\n')[0]).toMatch(/FILL-IN$/);
  expect(describeModel(gguf)).not.toContain('Check');
  expect(describeModel(bmodel)).toMatch(/^Check: +unverified$/m);
});
