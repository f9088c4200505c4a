/** A report as a verification makes it: a 4-bit model whose decode is wrong in one layer. */
import type {
  Distribution,
  SubModelVerification,
  TensorComparison,
  VerificationReport,
} from '../../backend/protocol/verification.ts';

const LAYERS = 4;
/** The layer that lost too much to four bits, and the one whose decode never writes its keys. */
const COARSE_LAYER = 2;
const MISCOMPILED_LAYER = 3;

/** Bell-shaped counts that add up to `count`, as real activations have them. */
function bell(count: number): number[] {
  const heights = Array.from({ length: 32 }, (_, bin) => Math.exp(-(((bin - 15.5) / 6) ** 2)));
  const sum = heights.reduce((a, b) => a + b, 0);
  return heights.map((height) => Math.round((height / sum) * count));
}

export function makeDistribution(changes: Partial<Distribution> = {}): Distribution {
  return {
    min: -6.03,
    max: 5.81,
    mean: 0.012,
    standardDeviation: 1.04,
    histogram: bell(4096),
    outliers: [],
    ...changes,
  };
}

export function makeComparison(changes: Partial<TensorComparison> = {}): TensorComparison {
  return {
    name: 'output_states',
    shape: [1, 32, 128],
    cosine: 0.99968,
    euclidean: 0.9747,
    sqnr: 31.9,
    largestError: 0.084,
    nanCount: 0,
    infCount: 0,
    passed: true,
    reference: makeDistribution(),
    actual: makeDistribution({ min: -6.06, max: 5.84 }),
    ...changes,
  };
}

function block(kind: string, layer: number): SubModelVerification {
  const rows = kind === 'block_cache' ? 1 : 32;
  const isCoarse = layer === COARSE_LAYER;
  const outliers = [{ channel: 61, peak: 48.5, ratio: 19.4 }];
  const tensors = [
    makeComparison({
      shape: [1, rows, 128],
      ...(isCoarse && {
        cosine: 0.9671,
        euclidean: 0.7432,
        sqnr: 11.8,
        largestError: 2.61,
        passed: false,
        reference: makeDistribution({ max: 48.5, outliers }),
        actual: makeDistribution({ max: 46.2, outliers }),
      }),
    }),
    makeComparison({ name: 'k_cache', shape: [1, rows, 2, 32], cosine: 0.99991, sqnr: 37.2 }),
    makeComparison({ name: 'v_cache', shape: [1, rows, 2, 32], cosine: 0.99983, sqnr: 34.6 }),
  ];
  return { name: `${kind}_${layer}`, layer, passed: !isCoarse, tensors };
}

function miscompiled(): SubModelVerification {
  const sound = block('block_cache', MISCOMPILED_LAYER);
  const nothing = { cosine: 0, euclidean: -1, sqnr: 0, largestError: 5.81, passed: false };
  return {
    ...sound,
    passed: false,
    tensors: sound.tensors.map((tensor) =>
      tensor.name === 'k_cache' || tensor.name === 'v_cache'
        ? {
            ...tensor,
            ...nothing,
            nanCount: 64,
            actual: makeDistribution({
              min: 0,
              max: 0,
              mean: 0,
              standardDeviation: 0,
              histogram: [],
            }),
          }
        : tensor,
    ),
    failure: 'it never writes k_cache, v_cache',
  };
}

/** Plausible, and failing; valid by `VerificationReport`. */
export function makeVerificationReport(
  changes: Partial<VerificationReport> = {},
): VerificationReport {
  const head = makeComparison({ name: 'lm_head', shape: [1, 512], cosine: 0.99997, sqnr: 42.8 });
  const layers = Array.from({ length: LAYERS }, (_, layer) => layer);
  return {
    reportVersion: 1,
    model: 'qwen3-tiny-w4bf16',
    folder: '/home/ada/.tpu-pilot/models/qwen3-tiny-w4bf16',
    createdAt: '2026-11-22T10:30:00.000Z',
    passed: false,
    on: 'emulator',
    threshold: 0.98,
    euclideanThreshold: 0.9,
    quantization: 'w4bf16',
    seconds: 48.2,
    subModels: [
      {
        name: 'embedding',
        passed: true,
        tensors: [makeComparison({ name: 'embedding', cosine: 1, euclidean: 1, sqnr: 56.1 })],
      },
      ...layers.flatMap((layer) => [
        block('block', layer),
        block('block_kv', layer),
        layer === MISCOMPILED_LAYER ? miscompiled() : block('block_cache', layer),
      ]),
      { name: 'lm_head', passed: true, tensors: [head] },
      {
        name: 'sample_head',
        passed: false,
        tensors: [],
        failure: 'its process was ended by SIGSEGV',
      },
    ],
    greedy: [
      {
        prompt: 'The capital of France is',
        promptTokens: 5,
        expected: [12, 374, 59, 31, 7, 12, 90, 4],
        actual: [12, 374, 59, 31, 7, 12, 90, 4],
        text: ' Paris, and the river is the Seine',
        passed: true,
      },
      {
        prompt: '请用一句话介绍长城。',
        promptTokens: 9,
        expected: [201, 44, 310, 8, 93, 5, 17, 2],
        actual: [201, 44, 77, 8, 8, 8, 8, 8],
        text: '长城是是是是是是',
        firstDifference: { position: 2, gap: 3.42, isNearTie: false },
        passed: false,
      },
      {
        prompt: 'def add(a, b):',
        promptTokens: 7,
        expected: [33, 460, 12, 9, 81, 12, 3, 1],
        actual: [33, 460, 12, 9, 81, 14, 3, 1],
        text: '\n    return a - b\n',
        firstDifference: { position: 5, gap: 0.011, isNearTie: true },
        passed: true,
      },
    ],
    keepHigh: '2',
    notes: ['block_cache_3 does not compute what its layer should; more bits would not help it.'],
    ...changes,
  };
}
