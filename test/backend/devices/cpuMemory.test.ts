import { describe, expect, it } from 'vitest';
import { planMemory } from '../../../backend/devices/cpuMemory.ts';
import { DeviceError } from '../../../backend/devices/device.ts';

/** The shape of SmolLM2-135M: 30 layers, 3 KV heads of 64, so 23,040 bytes of KV a token. */
const shape = {
  'general.architecture': 'llama',
  'llama.block_count': 30,
  'llama.context_length': 8192,
  'llama.embedding_length': 576,
  'llama.feed_forward_length': 1536,
  'llama.attention.head_count': 9,
  'llama.attention.head_count_kv': 3,
  'llama.vocab_size': 49_152,
};
const header = (changes: Record<string, number> = {}) => ({
  metadata: new Map<string, string | number>(Object.entries({ ...shape, ...changes })),
});
const GB = 1e9;
const file = 98e6;

describe('planMemory', () => {
  it('predicts weights, KV and buffers', () => {
    const plan = planMemory(header(), file, { slots: 4, kvTokens: 4096 }, 8 * GB);
    expect(plan).toMatchObject({ kvTokens: 4096, contextLength: 4096, bytesPerToken: 23_040 });
    // The process grew by 501 MB with the default 16,384 tokens, of which 377 MB are KV.
    expect(planMemory(header(), file, { slots: 4 }, 8 * GB).neededBytes).toBeCloseTo(511e6, -7);
  });

  it.each([
    ['the default', {}, 16_384, 8192],
    ['no more than the slots can hold', { slots: 1 }, 8192, 8192],
    ['what was asked for', { kvTokens: 1024 }, 1024, 1024],
    ['the context asked for', { contextLength: 512 }, 16_384, 512],
    ['no more context than was trained', { contextLength: 1_000_000 }, 16_384, 8192],
  ])('chooses %s', (_, options, kvTokens, contextLength) => {
    const plan = planMemory(header(), file, { slots: 4, ...options }, 8 * GB);
    expect(plan).toMatchObject({ kvTokens, contextLength });
  });

  it('takes as much of it as fits', () => {
    const { kvTokens, neededBytes } = planMemory(header(), file, { slots: 4 }, 0.3 * GB);
    expect(kvTokens).toBeGreaterThanOrEqual(2048);
    expect(kvTokens).toBeLessThan(16_384);
    expect(kvTokens % 256).toBe(0);
    expect(neededBytes).toBeLessThan(0.27 * GB);
  });

  it('uses the sizes of keys and values where the model gives them', () => {
    const wide = header({ 'llama.attention.key_length': 128, 'llama.attention.value_length': 64 });
    expect(planMemory(wide, file, { slots: 1 }, 8 * GB).bytesPerToken).toBe(30 * 3 * 192 * 2);
  });

  it('refuses what cannot fit, naming the heap and both sizes', () => {
    const plan = () => planMemory(header(), file, { slots: 4 }, 0.1 * GB);
    expect(plan).toThrow(DeviceError);
    expect(plan).toThrow(
      new DeviceError('noMemory', 'The model needs 159 MB of host memory; 90 MB can be used.', {
        heap: 'host memory',
        neededBytes: 158_162_048,
        availableBytes: 90_000_000,
      }),
    );
  });
});
