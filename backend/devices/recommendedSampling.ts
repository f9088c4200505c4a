/** How the authors of a model would have its answers sampled. */
import * as z from 'zod';
import { Sampling } from '../protocol/generation.ts';

/** The names of generation_config.json and, after `general.sampling.`, of GGUF's metadata. */
const names = {
  temperature: { file: 'temperature', gguf: 'temp' },
  topK: { file: 'top_k', gguf: 'top_k' },
  topP: { file: 'top_p', gguf: 'top_p' },
  minP: { file: 'min_p', gguf: 'min_p' },
  repetitionPenalty: { file: 'repetition_penalty', gguf: 'penalty_repeat' },
} as const;

/** What a missing value means in both files: the defaults of transformers' GenerationConfig. */
const gaps = { temperature: 1, topK: 50, topP: 1, minP: 0, repetitionPenalty: 1 };

/**
 * From the parsed generation_config.json of a model folder. Undefined when it recommends nothing, or
 * to take the likeliest token (`do_sample: false`), as it does in most files that nobody edited.
 */
export function samplingOfConfig(config: unknown): Sampling | undefined {
  const given = z.record(z.string(), z.unknown()).safeParse(config).data ?? {};
  return given['do_sample'] === false ? undefined : recommended((name) => given[names[name].file]);
}

/**
 * From the metadata of a GGUF file.
 * @param read gives the value of a key as text; empty when there is none
 */
export function samplingOfGguf(read: (key: string) => string): Sampling | undefined {
  return recommended((name) => {
    const text = read(`general.sampling.${names[name].gguf}`);
    return text === '' ? undefined : Number(text);
  });
}

function recommended(valueOf: (name: keyof typeof names) => unknown): Sampling | undefined {
  const values: Partial<Record<keyof typeof names, number>> = {};
  for (const name of Object.keys(names) as (keyof typeof names)[]) {
    // A value that is out of range says nothing; the others hold.
    const value = Sampling.shape[name].safeParse(valueOf(name)).data;
    if (value !== undefined) values[name] = value;
  }
  // A penalty alone does not tell how to sample.
  const tells = Object.keys(values).some((name) => name !== 'repetitionPenalty');
  return tells ? { ...gaps, ...values } : undefined;
}
