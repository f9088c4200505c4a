/** The form of a conversion, from what it holds to what the backend is asked for. */
import { afterEach, expect, test } from 'vitest';
import { ConvertParams, type ConversionPlan } from '../../../backend/protocol/conversion.ts';
import { predict } from '../../../backend/prediction/predict.ts';
import {
  ConversionFields,
  readFields,
  withoutModel,
} from '../../../extension/conversion/conversionFields.ts';
import { conversionForm } from '../../../extension/conversion/conversionForm.ts';
import { planView } from '../../../extension/conversion/planView.ts';
import { conversionPlan, toolchainStatus } from '../../support/conversionPlan.ts';
import { fake } from '../../support/fakeVscode.ts';
import { shapes } from '../../support/modelShapes.ts';
import { tidy } from '../../support/tidyHtml.ts';

afterEach(() => fake.reset());

const defaults = ConversionFields.parse({});

function read(changes: Partial<ConversionFields>): ReturnType<typeof readFields> {
  return readFields({ ...defaults, source: '/models/tiny', ...changes });
}

test('a form that nobody touched asks for the defaults of the protocol', () => {
  expect(read({})).toEqual({ params: ConvertParams.parse({ source: '/models/tiny' }) });
});

test('what is chosen is asked for', () => {
  expect(
    read({
      source: ' /models/tiny ',
      alias: 'mine',
      out: '/out',
      quantization: 'w4bf16',
      sequenceLength: '2048',
      hasPrefixReuse: false,
      maxInputLength: ' 512 ',
      head: 'token',
      prefill: 'static',
      chunkLength: '128',
      groupSize: '32',
      isSymmetric: true,
      isEmbeddingOnDisk: true,
      devices: '2',
      keepHigh: '3, 7-9',
    }),
  ).toEqual({
    params: {
      source: '/models/tiny',
      alias: 'mine',
      out: '/out',
      options: {
        quantization: 'w4bf16',
        sequenceLength: 2048,
        hasPrefixReuse: false,
        maxInputLength: 512,
        head: 'token',
        prefill: 'static',
        chunkLength: 128,
        groupSize: 32,
        isSymmetric: true,
        isEmbeddingOnDisk: true,
        devices: 2,
        keepHigh: [3, 7, 8, 9],
        slots: 1,
        target: 'bm1684x',
      },
    },
  });
});

test('a longest prompt means nothing while prefixes are reused', () => {
  expect(read({ maxInputLength: '12 monkeys' })).toHaveProperty('params');
});

test.each<[Partial<ConversionFields>, string]>([
  [{ source: '  ' }, 'source'],
  [{ alias: 'a b' }, 'alias'],
  [{ out: 'relative/folder' }, 'out'],
  [{ sequenceLength: '0' }, 'sequenceLength'],
  [{ sequenceLength: '1.5' }, 'sequenceLength'],
  [{ chunkLength: '-3' }, 'chunkLength'],
  [{ groupSize: '1e9' }, 'groupSize'],
  [{ hasPrefixReuse: false, maxInputLength: 'many' }, 'maxInputLength'],
  [{ keepHigh: '9-3' }, 'keepHigh'],
  [{ keepHigh: 'all' }, 'keepHigh'],
])('%j is wrong', (changes, field) => {
  const result = read(changes);
  expect(Object.keys('errors' in result ? result.errors : {})).toEqual([field]);
});

test('a page that says something else is read as far as it makes sense', () => {
  expect(readFields({ source: '/m', quantization: 'w2', devices: '3', head: true })).toMatchObject({
    params: { source: '/m', options: { quantization: 'w8bf16', devices: 1, head: 'logits' } },
  });
});

test('what belongs to one model is not remembered for the next', () => {
  const fields = {
    ...defaults,
    source: 'a',
    alias: 'b',
    out: '/c',
    keepHigh: '1',
    groupSize: '32',
  };
  expect(withoutModel(fields)).toEqual({ ...defaults, groupSize: '32' });
});

test('every field has a label, a reason and room for an error, and shows what it holds', () => {
  const fields = { ...defaults, source: '"><script>', quantization: 'w4bf16' as const };
  const shown = tidy(conversionForm({ fields, models: ['qwen3'], isRemote: false }));
  for (const name of Object.keys(defaults)) expect(shown).toContain(`id="${name}-error"`);
  const ids = Array.from(shown.matchAll(/<input type="\w+" id="([^"]+)"/g), ([, id = '']) => id);
  expect(ids.length).toBeGreaterThan(15);
  for (const id of ids) expect(shown).toContain(`<label for="${id}">`);
  for (const [, described = ''] of shown.matchAll(/aria-describedby="([^"]+)"/g)) {
    for (const id of described.split(' ')) expect(shown).toContain(`id="${id}"`);
  }
  expect(shown).toMatch(/value="w4bf16"[^>]* checked\/?>/);
  expect(shown).not.toMatch(/value="w8bf16"[^>]* checked\/?>/);
  expect(shown).not.toContain('<script');
  expect(shown).toContain('<option value="qwen3">');
});

test('files of another machine cannot be browsed', () => {
  const input = { fields: defaults, models: [], isRemote: true };
  expect(conversionForm(input).toString()).not.toContain('browse');
});

test('the plan says what it needs, what it gives and what stands in the way', () => {
  const plan = conversionPlan({
    problems: [
      {
        code: 1207,
        message: '/home has 20 bytes free; 40 are needed.',
        remedy: 'Free some space.',
      },
    ],
  });
  const shown = tidy(planView(plan, toolchainStatus({ state: 'missing' })));
  expect(shown).toContain('/home has 20 bytes free; 40 are needed.');
  expect(shown).toContain('remove models that are not used');
  expect(shown).toContain('2.70 GB to download, 6.71 GB on the disk');
  expect(shown).toContain('<dd>40.00 GB, and 400 GB are free</dd>');
  expect(shown).toContain('It fits');
});

test('with a compiler and without problems nothing stands in the way', () => {
  const shown = tidy(planView(conversionPlan(), toolchainStatus()));
  expect(shown).not.toContain('notice');
});

test('a model that does not fit is no problem for the compiler, but told', () => {
  const prediction: ConversionPlan['prediction'] = predict(shapes['Qwen3-32B']);
  const shown = tidy(planView(conversionPlan({ prediction }), undefined));
  expect(shown).toContain('It does not fit');
});
