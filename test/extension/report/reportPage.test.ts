import { afterEach, expect, test } from 'vitest';
import { jobTable } from '../../../backend/protocol/jobSentences.ts';
import { predict } from '../../../backend/prediction/predict.ts';
import {
  layerErrors,
  namedOutliers,
  tensorRows,
  worstFirst,
} from '../../../extension/report/layerErrors.ts';
import { reportPage, type ModelReport } from '../../../extension/report/reportPage.ts';
import { tensorDetail } from '../../../extension/report/tensorViews.ts';
import { fake } from '../../support/fakeVscode.ts';
import { shapes } from '../../support/modelShapes.ts';
import { tidy } from '../../support/tidyHtml.ts';
import { makeComparison, makeVerificationReport } from '../../support/verificationReport.ts';

afterEach(() => fake.reset());

const failed = makeVerificationReport();
const base: ModelReport = {
  name: 'tiny',
  folder: '/models/tiny',
  isConverted: true,
  verification: failed,
  prediction: predict(shapes['Qwen3-8B']),
  steps: [
    { name: 'Making the graphs of the layers', seconds: 0.9 },
    { name: 'Compiling block_0, 1 of 9', seconds: 20 },
  ],
};

function page(changes: Partial<ModelReport> = {}): string {
  return tidy(reportPage({ ...base, ...changes }));
}

test('tensors are in order of how wrong they are', () => {
  const names = worstFirst(tensorRows(failed)).map(({ net, tensor }) => `${net} ${tensor.name}`);
  expect(names.slice(0, 5)).toEqual([
    'block_cache_3 k_cache',
    'block_cache_3 v_cache',
    'block_2 output_states',
    'block_kv_2 output_states',
    'block_cache_2 output_states',
  ]);
});

test('a cosine that is not a number is the worst', () => {
  const tensors = [makeComparison({ name: 'a', cosine: 0, passed: false })];
  const broken = makeComparison({ name: 'b', cosine: NaN, passed: false });
  const report = makeVerificationReport({
    subModels: [{ name: 'block_0', layer: 0, passed: false, tensors: [...tensors, broken] }],
  });
  expect(worstFirst(tensorRows(report)).map(({ tensor }) => tensor.name)).toEqual(['b', 'a']);
  expect(layerErrors(report)).toEqual([{ kind: 'block', layers: [{ layer: 0, error: 1 }] }]);
});

test('errors are by layer and kind of net, without nets that are of no layer', () => {
  const errors = layerErrors(failed);
  expect(errors.map(({ kind }) => kind)).toEqual(['block', 'block_kv', 'block_cache']);
  expect(errors[2]?.layers.map(({ layer, error }) => [layer, Number(error.toFixed(4))])).toEqual([
    [0, 0.0003],
    [1, 0.0003],
    [2, 0.0329],
    [3, 1],
  ]);
});

test('outliers are named by net and channel', () => {
  expect(namedOutliers(tensorRows(failed))[0]).toMatchObject({
    net: 'block_2',
    tensor: 'output_states',
    channel: 61,
    ratio: 19.4,
  });
});

test('a failed model says so, why, and how to convert it again', () => {
  const shown = page();
  expect(shown).toContain('✗ failed');
  expect(shown).toContain('it never writes k_cache, v_cache');
  expect(shown).toContain('33 of 38 passed');
  expect(shown).toMatch(/data-action="convertAgain">Convert Again with --keep-high 2</);
});

test('what only a near tie differs in is told from what is wrong', () => {
  const shown = page();
  expect(shown).toContain(
    'Token 3 is the first that differs: the float model prefers its own by 3.42.',
  );
  expect(shown).toContain('Token 6 is the first that differs, at a near tie');
  expect(shown.match(/<mark/g)).toHaveLength(4);
});

test('the steps that have ended are timed, in the language of the editor', () => {
  const shown = page();
  expect(shown).toContain('2 steps in 21 s');
  expect(shown).toContain('Compiling block_0, 1 of 9');
  fake.bundle = { [jobTable.compileNet]: '编译 {net}（{number}/{total}）' };
  expect(page()).toContain('编译 block_0（1/9）');
});

test('every picture has words, every table a caption, and nothing has a style of its own', () => {
  const shown = page();
  expect(shown.match(/<svg class="chart" role="img" aria-label="[^"]{20,}"/g)?.length).toBe(
    shown.match(/<svg class="chart"/g)?.length,
  );
  expect(shown.match(/<caption/g)?.length).toBe(shown.match(/<table/g)?.length);
  expect(shown).not.toMatch(/\sstyle=|\son\w+=|javascript:/);
  expect(shown.match(/<h1/g)).toHaveLength(1);
  const ids = Array.from(shown.matchAll(/ id="([^"]+)"/g), ([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test('texts of models and tensors are no HTML', () => {
  const evil = '<script>1</script>';
  const shown = page({
    name: evil,
    verification: makeVerificationReport({
      notes: [evil],
      greedy: [
        { prompt: evil, promptTokens: 1, expected: [1], actual: [1], text: evil, passed: true },
      ],
      subModels: [
        { name: evil, passed: false, failure: evil, tensors: [makeComparison({ name: evil })] },
      ],
    }),
  });
  expect(shown).not.toContain('<script>');
});

test('without a verification it says that nothing is known, and offers one', () => {
  const shown = page({ verification: undefined });
  expect(shown).toContain('has not been verified');
  expect(shown).toContain('data-action="verify">Verify Model<');
});

test('a prediction alone offers to convert', () => {
  const shown = page({ verification: undefined, isConverted: false });
  expect(shown).toContain('data-action="convert"');
  expect(shown).not.toContain('data-action="use"');
  expect(shown).not.toContain('has not been verified');
});

test('what does not fit comes with what would', () => {
  const shown = page({ prediction: predict(shapes['Qwen3-32B']) });
  expect(shown).toContain('It does not fit');
  expect(shown).toContain('It would fit with one of these');
});

test('a tensor shows its values, its outliers and both ranges', () => {
  const row = worstFirst(tensorRows(failed)).find(({ net }) => net === 'block_2')!;
  const shown = tidy(tensorDetail(row));
  expect(shown).toContain('Values of the float model lie between -6.03 and 48.5');
  expect(shown).toContain('<td class="number">61</td>');
});
