/** What the in-memory device answers to a prompt that has it for itself: the reference of its tests. */
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
