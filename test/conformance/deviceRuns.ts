/** What the parts of the device suite share: its model, and short generations, step by step. */
import type { Device, LoadedModel, PrefillChunk } from '../../backend/devices/device.ts';

export const slots = 4;
export const shape = { slots, kvTokens: 1024, contextLength: 256 };

/** To be read inside tests, when the model is loaded. */
export interface DeviceSuite {
  readonly device: Device;
  /** Four slots, empty and greedy before each test. */
  readonly model: LoadedModel;
  readonly modelPath: string;
  /** The tokens of one of three texts. */
  prompt(index: number): Promise<Int32Array>;
  /** So many tokens, fewer for a slow device. */
  count(tokens: number): number;
}

export const greedy = { temperature: 0 };

/** A text's tokens, with the BOS token of models that ask for it. */
export async function promptTokens(model: LoadedModel, text: string): Promise<Int32Array> {
  const { addBos, bosToken } = model.metadata;
  const tokens = await model.encode(text);
  return addBos && bosToken ? Int32Array.of(bosToken.id, ...tokens) : tokens;
}

/** Append one chunk and return the token that follows. */
export async function sampled(
  model: LoadedModel,
  chunk: Omit<PrefillChunk, 'sample'>,
): Promise<number> {
  const { sampled } = await model.step({ prefill: { ...chunk, sample: true }, decodes: [] });
  return sampled.get(chunk.slot)!;
}

/** Append tokens to a slot, in chunks of at most `size`, and return the token that follows. */
export async function feed(
  model: LoadedModel,
  slot: number,
  tokens: Int32Array,
  size = Infinity,
): Promise<number> {
  let rest = tokens;
  while (rest.length > size) {
    const chunk = { slot, tokens: rest.slice(0, size), from: model.length(slot), sample: false };
    await model.step({ prefill: chunk, decodes: [] });
    rest = rest.slice(size);
  }
  return sampled(model, { slot, tokens: rest, from: model.length(slot) });
}

/** Append `token` and what follows it; return the `count` tokens that were sampled. */
export async function decode(
  model: LoadedModel,
  slot: number,
  token: number,
  count: number,
): Promise<number[]> {
  const tokens: number[] = [];
  let last = token;
  while (tokens.length < count) {
    last = (await model.step({ decodes: [{ slot, token: last }] })).sampled.get(slot)!;
    tokens.push(last);
  }
  return tokens;
}

/** Prefill a prompt and sample `count` tokens. */
export async function run(
  model: LoadedModel,
  slot: number,
  prompt: Int32Array,
  count: number,
  chunk = Infinity,
): Promise<number[]> {
  const first = await feed(model, slot, prompt, chunk);
  return [first, ...(await decode(model, slot, first, count - 1))];
}
