/** The case of the user's own input and expected output. Pure. */
import type { Bmodel } from '../formats/bmodel.ts';
import { PilotError } from '../protocol/errors.ts';
import type { VerifyParams } from '../protocol/verification.ts';
import { isLanguageModel, type Case } from './cases.ts';

const FILE = /\.(npz|bin)$/iu;

/**
 * Of the net that is named; else of the whole language model, or of the only net.
 * @throws PilotError dataUnfit saying what is missing
 */
export function givenCase(
  { nets }: Pick<Bmodel, 'nets'>,
  { input, reference, net, layers }: VerifyParams,
): Extract<Case, { given: string | null }> {
  const unfit = (reason: string): PilotError => new PilotError('dataUnfit', { reason });
  if (input === undefined || reference === undefined) {
    throw unfit('--input and --reference belong together');
  }
  if (layers) throw unfit('--layers is for the comparison with the float model');
  for (const file of [input, reference]) {
    if (!FILE.test(file)) throw unfit(`${file} is neither .npz nor .bin`);
  }
  const names = nets.map(({ name }) => name);
  if (net !== undefined && !names.includes(net)) {
    throw unfit(`there is no net ${net}, only ${names.slice(0, 8).join(', ')}`);
  }
  if (net !== undefined) return { given: net, input, reference };
  if (isLanguageModel(nets)) return { given: null, input, reference };
  const [only, ...others] = names;
  if (only === undefined || others.length > 0) {
    throw unfit(`it has several nets: name one of ${names.slice(0, 8).join(', ')} with --net`);
  }
  return { given: only, input, reference };
}
