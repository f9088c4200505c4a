import { describe, expect, it } from 'vitest';
import { modelLayout, stageFor } from '../../../../backend/devices/bm1684x/modelLayout.ts';
import { netsOf, type FakeNets } from '../../../support/cardNets.ts';

const layoutOf = (change: (nets: FakeNets) => void = () => undefined) => {
  const nets = netsOf({ layers: 2, hiddenSize: 64, contextLength: 256, chunkLength: 64 });
  change(nets);
  return modelLayout((name) => nets.get(name));
};

describe('the layout of a model', () => {
  it('is read from its nets', () => {
    const { layers, head, embedding, ...rest } = layoutOf();
    expect(rest).toEqual({
      headKind: 'logits',
      headWidth: 512,
      hiddenSize: 64,
      dtype: 'bf16',
      chunkLength: 64,
      contextLength: 256,
      rowBytes: 64,
      decodeLengths: [256, 128],
    });
    expect(layers.map(({ first, next, decode }) => [first.name, next?.name, decode.name])).toEqual([
      ['block_0', 'block_kv_0', 'block_cache_0'],
      ['block_1', 'block_kv_1', 'block_cache_1'],
    ]);
    expect([head.name, embedding?.chunk.name, embedding?.one.name]).toEqual([
      'lm_head',
      'embedding',
      'embedding_cache',
    ]);
  });

  it('does without nets that a build may lack', () => {
    const { layers, embedding } = layoutOf((nets) => {
      for (const name of ['embedding', 'embedding_cache', 'block_kv_0', 'block_kv_1']) {
        nets.delete(name);
      }
    });
    expect(embedding).toBeUndefined();
    expect(layers.map(({ next }) => next)).toEqual([undefined, undefined]);
  });

  it('knows a head that chooses the token itself', () => {
    const { headKind, headWidth } = layoutOf((nets) => {
      nets.change('lm_head', { output: { dtype: 'i32', shape: [1, 1] } });
    });
    expect([headKind, headWidth]).toEqual(['token', undefined]);
  });

  it.each<[string, (nets: FakeNets) => void, string]>([
    ['no language model', (nets) => nets.clear(), 'no net "block_cache_0"'],
    ['a missing layer', (nets) => nets.delete('block_1'), 'no net "block_1"'],
    ['no head', (nets) => nets.delete('lm_head'), 'no net "lm_head"'],
    [
      'several sequences at once',
      (nets) => nets.change('block_cache_0', { input: { dtype: 'bf16', shape: [4, 1, 64] } }),
      '4 sequences at once',
    ],
    [
      'states of another type',
      (nets) => nets.change('block_cache_0', { input: { dtype: 'f32', shape: [1, 1, 64] } }),
      'states are f32',
    ],
    [
      'a first stage that others exceed',
      (nets) => {
        const net = nets.get('block_cache_0')!;
        const inputs = net.inputs.map((port) => ({ ...port, shapes: port.shapes.toReversed() }));
        nets.set(net.name, { ...net, inputs });
      },
      'of 128 tokens, is not the longest',
    ],
    [
      'a cache that each stage has for itself',
      (nets) => {
        const net = nets.get('block_cache_1')!;
        const inputs = net.inputs.map((port) => ({
          ...port,
          memories: port.memories.map((memory, stage) => ({ ...memory, device_addr: stage })),
        }));
        nets.set(net.name, { ...net, inputs });
      },
      'block_cache_1 have history_k in several places',
    ],
    [
      'several chips',
      (nets) => {
        nets.rename('block_cache_0', 'block_cache_0_0');
      },
      'several chips',
    ],
  ])('refuses %s', (_, change, reason) => {
    expect(() => layoutOf(change)).toThrow(
      expect.objectContaining({
        name: 'DeviceError',
        code: 'unsupportedModel',
        message: expect.stringContaining(reason) as string,
      }) as Error,
    );
  });
});

describe('the stage of a decode', () => {
  it.each([
    [1, 2],
    [64, 2],
    [65, 1],
    [128, 1],
    [129, 0],
    [256, 0],
  ])('for %d tokens is number %d', (history, stage) => {
    expect(stageFor([256, 128, 64], history)).toBe(stage);
  });

  it('is none beyond the longest', () => {
    expect(() => stageFor([256, 128], 257)).toThrow(RangeError);
  });
});
