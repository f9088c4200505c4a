/** What the in-memory device answers to a prompt that has it for itself: the reference of its tests. */
import { keptTokens } from '../../backend/host/contextWindow.ts';
import { TokenText } from '../../backend/host/tokenText.ts';
import type { Sampling } from '../../backend/protocol/generation.ts';
import { MemoryDevice, type MemoryDeviceOptions } from './memoryDevice.ts';

export interface AloneAnswer {
  readonly tokens: readonly number[];
  readonly text: string;
}

/** The tokens up to `maxTokens`, an end token or a stop text, and their text. */
export async function answerAlone(
  prompt: Int32Array,
  maxTokens: number,
  options: {
    readonly device?: MemoryDeviceOptions;
    readonly stop?: readonly string[];
    readonly sampling?: Sampling;
  } = {},
): Promise<AloneAnswer> {
  const model = await new MemoryDevice(options.device).load({ path: 'alone', slots: 1 });
  model.configure(0, options.sampling ?? { temperature: 0 }, prompt);
  const text = new TokenText((token) => model.piece(token), options.stop ?? []);
  const tokens: number[] = [];
  let shown = '';
  let { sampled } = await model.step({
    prefill: { slot: 0, tokens: prompt, from: 0, sample: true },
    decodes: [],
  });
  for (;;) {
    const token = sampled.get(0)!;
    if (model.metadata.endTokens.includes(token)) break;
    tokens.push(token);
    shown += text.push(token);
    if (tokens.length === maxTokens || text.stopped) break;
    ({ sampled } = await model.step({ decodes: [{ slot: 0, token }] }));
  }
  return { tokens, text: shown + text.end() };
}

/**
 * The same for an answer that slides: each token from a device that has computed what remains of
 * the sequence, and nothing before that. Without end tokens.
 */
export async function slidAlone(
  prompt: Int32Array,
  maxTokens: number,
  context: number,
  sampling: Sampling = { temperature: 0 },
): Promise<AloneAnswer> {
  const model = await new MemoryDevice({ endOneIn: 0 }).load({ path: 'alone', slots: 1 });
  const text = new TokenText((token) => model.piece(token), []);
  const all = [...prompt];
  let shown = '';
  while (all.length < prompt.length + maxTokens) {
    const { head, tail } = keptTokens(prompt.length, all.length, context);
    const seed = sampling.seed === undefined ? {} : { seed: sampling.seed + tail - head };
    model.release(0);
    model.configure(0, { ...sampling, ...seed }, Int32Array.from(all));
    const tokens = Int32Array.from([...all.slice(0, head), ...all.slice(tail)]);
    const prefill = { slot: 0, tokens, from: 0, sample: true };
    const token = (await model.step({ prefill, decodes: [] })).sampled.get(0)!;
    all.push(token);
    shown += text.push(token);
  }
  return { tokens: all.slice(prompt.length), text: shown + text.end() };
}
