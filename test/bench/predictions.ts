/**
 * Predictions for the BM1684X from the compiler's schedules, beside figures of others. Every model
 * is a config.json of public dimensions; nothing is downloaded, and no card is needed.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BuildOptions } from '../../backend/prediction/build.ts';
import { estimate } from '../../backend/prediction/estimate.ts';
import type { CardQuantization, Prediction } from '../../backend/protocol/prediction.ts';
import { predictCompiled } from '../../backend/timeModel/predictCompiled.ts';
import { configOf, type shapes } from '../support/modelShapes.ts';

type Name = keyof typeof shapes;

/** sophon-demo, sample/Qwen/README.md: SE7-32, static prefill. First token in s, then tokens/s. */
const published: readonly (readonly [Name, number, number, number, string])[] = [
  ['Qwen3-4B', 512, 0.464, 15.857, ''],
  ['Qwen2.5-7B', 512, 0.652, 10.26, ''],
  ['Qwen2.5-1.5B', 512, 0.185, 41.08, ', Python'],
  ['Qwen2.5-1.5B', 512, 0.2, 28.19, ', C++'],
];

/** Read by hand from schedules of a whole conversion of Qwen3-8B W8, in ms. */
const byHand = { decode1024: 3.88, prefill256: 8.95, prefill1024: 36.1, head: 28 };

const quantizations: readonly CardQuantization[] = ['w8bf16', 'w4bf16'];

export async function runPredictions(home: string, print: (line: string) => void): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-bench-'));
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  const control = {
    signal: controller.signal,
    onProgress: ({ step }: { step: string }) => console.error(step),
    onNotice: (text: string) => console.error(text),
  };
  const config = async (name: Name, layers?: number): Promise<string> => {
    const file = path.join(folder, `${name}.json`);
    const own = layers === undefined ? {} : { num_hidden_layers: layers };
    await writeFile(file, JSON.stringify({ ...configOf(name), ...own }));
    return file;
  };
  const predict = async (name: Name, options: BuildOptions, layers?: number): Promise<Prediction> =>
    predictCompiled(home, await config(name, layers), options, control, { env: process.env });
  try {
    print(`${new Date().toISOString().slice(0, 10)}, \`npm run bench -- --predict\`\n`);
    await publishedTable(predict, print);
    await layerTable(predict, print);
    const formula = async (name: Name, options: BuildOptions) =>
      estimate(await config(name), options);
    await modelTable(predict, formula, print);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Predict = (name: Name, options: BuildOptions, layers?: number) => Promise<Prediction>;

async function publishedTable(predict: Predict, print: (line: string) => void): Promise<void> {
  print(
    '| model | tokens | machine | first token, published | predicted | error | tokens/s, published | predicted | error |',
  );
  print('|---|---|---|---|---|---|---|---|---|');
  for (const [name, sequenceLength, seconds, rate, how] of published) {
    const options = { quantization: 'w4bf16', sequenceLength, prefill: 'static' } as const;
    const { first, decode } = expected(await predict(name, options));
    const cells = [
      ...[`${name} W4`, `${sequenceLength}`, `SE7-32${how}`],
      ...[`${(1000 * seconds).toFixed(0)} ms`, `${first(sequenceLength).toFixed(0)} ms`],
      error(first(sequenceLength), 1000 * seconds),
      ...[rate.toFixed(1), decode(sequenceLength).rate.toFixed(1)],
      error(decode(sequenceLength).rate, rate),
    ];
    print(`| ${cells.join(' | ')} |`);
  }
  print('');
}

/** One layer is the difference of two depths. */
async function layerTable(predict: Predict, print: (line: string) => void): Promise<void> {
  const depth = 36;
  const options = { quantization: 'w8bf16', sequenceLength: 1024, prefill: 'static' } as const;
  const both = async (build: BuildOptions): Promise<Prediction[]> => [
    await predict('Qwen3-8B', build, depth),
    await predict('Qwen3-8B', build, depth + 1),
  ];
  const long = await both(options);
  const short = await both({ ...options, maxInputLength: 256 });
  const layer = (of: readonly Prediction[], value: (one: Prediction) => number): number =>
    value(of[1]!) - value(of[0]!);
  const step = (one: Prediction): number => expected(one).decode(1024).ms;
  const decode = layer(long, step);
  const rows: [string, number, number][] = [
    ['decode layer, 1024 tokens of KV', byHand.decode1024, decode],
    [
      'prefill layer, 256 tokens',
      byHand.prefill256,
      layer(short, (one) => expected(one).first(256)),
    ],
    [
      'prefill layer, 1024 tokens',
      byHand.prefill1024,
      layer(long, (one) => expected(one).first(1024)),
    ],
    ['output head', byHand.head, step(long[0]!) - depth * decode],
  ];
  print('| Qwen3-8B W8, ms at 1000 MHz | read by hand | predicted | error |');
  print('|---|---|---|---|');
  for (const [what, before, now] of rows) {
    print(`| ${what} | ${before} | ${now.toFixed(2)} | ${error(now, before)} |`);
  }
  print('');
}

async function modelTable(
  predict: Predict,
  formula: (name: Name, options: BuildOptions) => Promise<Prediction>,
  print: (line: string) => void,
): Promise<void> {
  print(
    '| model | memory | longest context that fits | first token, 128 tokens | 512 | 2048 | 512 at 950 MHz | tokens/s, 512 of KV | 2048 | at 950 MHz | of 64 GB/s |',
  );
  print('|---|---|---|---|---|---|---|---|---|---|---|');
  for (const name of ['Qwen3-8B', 'Qwen3-4B', 'Qwen3-1.7B'] as const) {
    for (const quantization of quantizations) {
      const options = { quantization, sequenceLength: 2048 };
      const compiled = await predict(name, options);
      const estimated = expected(await formula(name, options));
      const { first, decode } = expected(compiled);
      const ms = (tokens: number, clock?: number): string =>
        `${first(tokens, clock).toFixed(0)} ms (${estimated.first(tokens, clock).toFixed(0)})`;
      const rate = (kv: number, clock?: number): string =>
        `${decode(kv, clock).rate.toFixed(1)} (${estimated.decode(kv, clock).rate.toFixed(1)})`;
      const { total, longestSequence } = compiled.memory;
      const cells = [
        `${name} ${quantization === 'w8bf16' ? 'W8' : 'W4'}`,
        `${(total.expected / 1e9).toFixed(2)} GB`,
        `${longestSequence ?? 'none'}`,
        ...[ms(128), ms(512), ms(2048), ms(512, 950)],
        ...[rate(512), rate(2048), rate(2048, 950)],
        `${(100 * decode(2048).share).toFixed(0)} %`,
      ];
      print(`| ${cells.join(' | ')} |`);
    }
  }
}

/** What is expected, by length. */
function expected({ firstToken, decode }: Prediction) {
  return {
    first: (tokens: number, clock = 1000): number => {
      const row = firstToken.find((one) => one.promptTokens === tokens && one.clockMHz === clock);
      if (!row) throw new Error(`There is no first token after ${tokens} tokens.`);
      return row.milliseconds.expected;
    },
    decode: (kv: number, clock = 1000) => {
      const row = decode.find((one) => one.kvLength === kv && one.clockMHz === clock);
      if (!row) throw new Error(`There is no decode with ${kv} tokens.`);
      const { stepMilliseconds, tokensPerSecond, memoryShare } = row;
      return {
        ms: stepMilliseconds.expected,
        rate: tokensPerSecond.expected,
        share: memoryShare,
      };
    },
  };
}

function error(predicted: number, other: number): string {
  const percent = Math.round(100 * (predicted / other - 1));
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent)} %`;
}
