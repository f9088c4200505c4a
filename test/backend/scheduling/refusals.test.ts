import { describe, expect, it } from 'vitest';
import { PilotError } from '../../../backend/protocol/errors.ts';
import { mostHelpful, type Refusal } from '../../../backend/scheduling/refusals.ts';

const cpu = (name: PilotError['errorName']): Refusal => ({
  kind: 'cpu',
  error: new PilotError(name),
});
const card = (name: PilotError['errorName']): Refusal => ({
  kind: 'bm1684x',
  error: new PilotError(name),
});

describe('mostHelpful', () => {
  it.each([
    ['a bmodel too large', '/m/qwen', cpu('unsupportedModel'), card('outOfMemory')],
    ['a bmodel, and no libraries', '/m/qwen', cpu('unsupportedModel'), card('libraryMissing')],
    [
      'a bmodel the driver cannot run',
      '/m/qwen',
      cpu('unsupportedModel'),
      card('unsupportedModel'),
    ],
    ['a damaged GGUF', '/m/a.gguf', card('unsupportedModel'), cpu('modelInvalid')],
    ['a GGUF of an unknown kind', '/m/a.GGUF', card('unsupportedModel'), cpu('unsupportedModel')],
    ['a GGUF, and a card without driver', '/m/a.gguf', card('libraryMissing'), cpu('outOfMemory')],
  ])('%s', (_, path, less, more) => {
    expect(mostHelpful(path, [less, more])).toBe(more.error);
    expect(mostHelpful(path, [more, less])).toBe(more.error);
  });

  it('has nothing to say of nothing', () => {
    expect(mostHelpful('/m', [])).toBeUndefined();
  });
});
