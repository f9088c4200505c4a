/** `tpu-pilot verify`: a compiled model against its float model, or against given data. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Option, type Command } from 'commander';
import { requirePassed } from '../jobs/verifyJob.ts';
import type { VerifyParams } from '../protocol/verification.ts';
import { decimal, numberList } from './arguments.ts';
import { addCommand, withBackend, type CommonOptions } from './command.ts';
import { followJob } from './followJob.ts';
import { printResult, type Io } from './io.ts';
import { describeVerification } from './verifyText.ts';

interface VerifyOptions extends CommonOptions {
  readonly threshold: number;
  readonly on: VerifyParams['on'];
  readonly layers?: number[];
  readonly source?: string;
  readonly input?: string;
  readonly reference?: string;
  readonly net?: string;
}

/** The highest number of a layer. */
const LAST_LAYER = 1023;

const help = `
MODEL is a model folder, a model of the store or a bmodel file. Without --input, every net of a
language model gets real inputs, made by running prompts through the float model it was converted
from, and must answer as the float model does; then whole answers are compared.

--input and --reference are .npz or raw .bin files:
  of a net (--net, or the only one)  .npz: an array for each input and output, by name or in order,
                                     with the net's shapes; .bin: the same in one file, one after
                                     the other, in the net's own types
  of a whole language model          token ids, i32; and the logits after the last one, f32, or the
                                     tokens that follow, i32
Shapes are printed by "tpu-pilot model info FILE.bmodel".

The exit code is 1 when the model fails. The report stays beside the model: verification.json.`;

export function registerVerifyCommand(program: Command, io: Io): void {
  const device = new Option('--on <device>', 'where it runs')
    .choices(['emulator', 'card'])
    .default('emulator');
  addCommand(program, 'verify <model>', 'compare a compiled model with its float model')
    .option('--threshold <n>', 'cosine that every tensor must reach', decimal(0, 1), 0.98)
    .addOption(device)
    .option('--layers <list>', 'only these, such as 0,3-5', numberList(LAST_LAYER))
    .option('--source <path>', 'the float model (default: what the manifest names)')
    .option('--input <file>', 'your own input, .npz or .bin')
    .option('--reference <file>', 'what must come out of it, .npz or .bin')
    .option('--net <name>', 'the net that they are of')
    .addHelpText('after', help)
    .action((model: string, options: VerifyOptions) => verify(io, model, options));
}

async function verify(io: Io, given: string, options: VerifyOptions): Promise<void> {
  const isPath = (await stat(given).catch(() => undefined)) !== undefined;
  const model = isPath ? path.resolve(given) : given;
  const { threshold, on, layers, net, input, reference, source } = options;
  const params: VerifyParams = {
    ...{ model, threshold, on, layers, net },
    // A backend has another working folder.
    ...(input !== undefined && { input: path.resolve(input) }),
    ...(reference !== undefined && { reference: path.resolve(reference) }),
    ...(source !== undefined && { source: path.resolve(source) }),
  };
  await withBackend(io, options, async (client) => {
    await followJob(io, client, await client.request('verify/start', params));
    const report = await client.request('verify/report', { model });
    printResult(io, options.json ?? false, report, describeVerification(report));
    requirePassed(report);
  });
}
