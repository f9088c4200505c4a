/**
 * `npm run bench [-- --quick]`: the product beside the same library called directly, in alternating
 * rounds of one run, so that a machine that slows down slows both. Prints Markdown. `--typing`,
 * `--fill-in` and `--activation` run that part alone; `--model PATH` takes another model than the one
 * of the tests.
 * `--predict` prints predictions for the card instead, with the compiler of `--home DIR`, and
 * `--answer MODEL` has a converted model of that home answer on the vendor's emulator. `--tokenizer`
 * encodes texts beside the original tokenizers, and `--card` counts what the driver of the card does
 * for a token.
 */
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { homeFolder } from '../../backend/client/home.ts';
import provideModel, { testModelPath } from '../support/provideModel.ts';
import { activation } from './activation.ts';
import { runAnswer } from './answer.ts';
import { runCard } from './card.ts';
import { DirectProcess } from './directProcess.ts';
import { runFillIn } from './fillIn.ts';
import { runPredictions } from './predictions.ts';
import { residentBytes, startProduct } from './product.ts';
import { tableHead, tableRow, type Comparison } from './stats.ts';
import { firstToken, throughput } from './throughput.ts';
import { runTokenizer } from './tokenizer.ts';
import { runTyping } from './typingRun.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    typing: { type: 'boolean', default: false },
    'fill-in': { type: 'boolean', default: false },
    model: { type: 'string' },
    predict: { type: 'boolean', default: false },
    answer: { type: 'string' },
    card: { type: 'boolean', default: false },
    home: { type: 'string' },
    tokenizer: { type: 'boolean', default: false },
    activation: { type: 'boolean', default: false },
  },
});
const rounds = values.quick ? 2 : 5;
const keys = values.quick ? 60 : 120;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

if (values.predict) {
  await runPredictions(homeFolder(values.home), print);
  process.exit();
}
if (values.answer !== undefined) {
  await runAnswer(homeFolder(values.home), values.answer, print);
  process.exit();
}
if (values.card) {
  await runCard(rounds);
  process.exit();
}
if (values.tokenizer) {
  await runTokenizer(rounds, print);
  process.exit();
}
if (values.model === undefined) await provideModel();
if (values.activation) {
  await printActivation();
  process.exit();
}
const model = values.model ?? testModelPath();
if (values['fill-in']) {
  await runFillIn(model, print);
  process.exit();
}
if (values.typing) {
  await runTyping(model, keys, print);
  process.exit();
}
const product = await startProduct(model);
const { devices } = await product.client.request('device/list', null);
const [device] = devices;
const [loaded] = device?.models ?? [];
if (device === undefined || loaded === undefined) throw new Error('The backend has no model.');
const direct = await DirectProcess.start({
  path: model,
  threads: device.telemetry.threads ?? 1,
  slots: loaded.slots,
  kvTokens: 16_384,
});
try {
  const processor = cpus()[0]?.model ?? 'unknown processor';
  print(
    `${new Date().toISOString().slice(0, 10)}, ${processor}, ${availableParallelism()} cores, Node ${process.version}, ${loaded.name}, ${device.telemetry.threads ?? '?'} thread(s), ${rounds} rounds\n`,
  );
  // Both sides touch their weights and caches once before anything counts.
  for await (const { what } of throughput(product, direct, 1)) console.error(`warm: ${what}`);
  const report = (row: Comparison): void => print(tableRow(row));
  print(tableHead);
  for await (const row of throughput(product, direct, rounds)) report(row);
  for (const row of await firstToken(product, direct, rounds)) report(row);
  report({
    what: 'memory, all processes',
    unit: 'MB',
    ours: [((await residentBytes(product.pid)) + (await residentBytes(device.pid ?? 0))) / 1e6],
    direct: [(await residentBytes(direct.pid)) / 1e6],
    target: '-',
  });
} finally {
  await direct.stop();
  await product.stop();
}
print('');
await runTyping(model, keys, print);
print('');
await printActivation();

async function printActivation(): Promise<void> {
  print(tableHead);
  print(tableRow(await activation(path.resolve(import.meta.dirname, '../..'), rounds)));
}
