import { describe, expect, it } from 'vitest';
import { VerifyParams } from '../../../backend/protocol/verification.ts';
import { countLayers, isLanguageModel, planNets } from '../../../backend/verification/cases.ts';
import { givenCase } from '../../../backend/verification/givenCase.ts';

const names = [
  ...['lm_head', 'block_cache_1', 'block_1', 'embedding', 'block_0', 'block_cache_0'],
  ...['embedding_cache', 'greedy_head', 'vit'],
];
const nets = names.map((name) => ({ name }));

describe('the nets of a language model', () => {
  it('are compared in the order in which a token meets them', () => {
    expect(isLanguageModel(nets)).toBe(true);
    expect(countLayers(nets)).toBe(2);
    expect(planNets(nets, undefined)).toStrictEqual({
      nets: [
        ...['embedding', 'embedding_cache', 'block_0', 'block_cache_0'],
        ...['block_1', 'block_cache_1', 'lm_head', 'greedy_head'],
      ],
      unknown: ['vit'],
    });
  });

  it('are those of some layers only when asked', () => {
    expect(planNets(nets, [1]).nets).toStrictEqual(['block_1', 'block_cache_1']);
  });
});

describe('data of the user', () => {
  const model = (...all: string[]) => ({ nets: all.map((name) => ({ name })) as never });
  const ask = (params: object) => VerifyParams.parse({ model: 'm', ...params });
  const files = { input: '/a.npz', reference: '/b.bin' };

  it.each([
    ['the whole of a language model', model(...names), files, null],
    ['a net that is named', model(...names), { ...files, net: 'vit' }, 'vit'],
    ['the only net', model('resnet'), files, 'resnet'],
  ])('is of %s', (_name, bmodel, params, given) => {
    expect(givenCase(bmodel, ask(params))).toStrictEqual({ given, ...files });
  });

  it.each([
    ['half of it', model('a'), { input: '/a.npz' }, '--input and --reference belong together'],
    ['no known kind of file', model('a'), { ...files, input: '/a.txt' }, '/a.txt is neither'],
    ['a net that is not there', model('a'), { ...files, net: 'b' }, 'there is no net b, only a'],
    ['one of several nets', model('a', 'b'), files, 'name one of a, b with --net'],
    ['layers', model('a'), { ...files, layers: [0] }, '--layers is for'],
  ])('is refused: %s', (_name, bmodel, params, message) => {
    expect(() => givenCase(bmodel, ask(params))).toThrow(message);
  });
});
