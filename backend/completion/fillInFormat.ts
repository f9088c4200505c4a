/** In which order a fill-in prompt is given to a family of models, and with which tokens where. */
import type { FillInTokens, ModelMetadata } from '../devices/device.ts';
import type { FillInOrder } from '../protocol/documents.ts';

interface Family {
  readonly name: string;
  /** The text of the token that begins the prefix. */
  readonly prefixToken: string;
  /** `general.architecture` of the family's models, where the token alone does not tell it. */
  readonly architectures?: readonly string[];
  readonly order: FillInOrder;
  /**
   * How the suffix is put first. `plain`: suffix token, suffix, prefix token, prefix, middle token.
   * `compatible`: prefix token, suffix token, suffix, middle token, prefix (Bavarian et al. 2022,
   * "Efficient Training of Language Models to Fill in the Middle").
   */
  readonly suffixFirst: 'plain' | 'compatible';
}

/**
 * With the suffix first, a key changes only the prompt's end; else the suffix is computed again at
 * each key, 0.5 to 2.6 s on two cores. So it goes first where the model was trained on both orders,
 * and where nothing is known against it.
 *
 * Sources: StarCoder (Li et al. 2023) and Granite Code (Mishra et al. 2024) train on both orders in
 * equal parts; Code Llama (Rozière et al. 2023) as well, in the compatible form; CodeGemma (CodeGemma
 * Team 2024) as well; DeepSeek-Coder (Guo et al. 2024) on prefix first alone, with tokens that mark a
 * hole; Qwen2.5-Coder (Hui et al. 2024) documents prefix first, and whether it suffers from the other
 * is what `npm run bench -- --fill-in` is for.
 */
const families: readonly Family[] = [
  {
    name: 'CodeGemma',
    prefixToken: '<|fim_prefix|>',
    architectures: ['gemma', 'gemma2', 'gemma3'],
    order: 'suffix-prefix-middle',
    suffixFirst: 'plain',
  },
  {
    name: 'Qwen Coder',
    prefixToken: '<|fim_prefix|>',
    order: 'suffix-prefix-middle',
    suffixFirst: 'plain',
  },
  {
    name: 'StarCoder, Granite Code',
    prefixToken: '<fim_prefix>',
    order: 'suffix-prefix-middle',
    suffixFirst: 'compatible',
  },
  {
    name: 'SantaCoder',
    prefixToken: '<fim-prefix>',
    order: 'suffix-prefix-middle',
    suffixFirst: 'compatible',
  },
  {
    name: 'Code Llama',
    prefixToken: '▁<PRE>',
    order: 'suffix-prefix-middle',
    suffixFirst: 'compatible',
  },
  {
    name: 'DeepSeek Coder',
    prefixToken: '<｜fim▁begin｜>',
    order: 'prefix-suffix-middle',
    suffixFirst: 'plain',
  },
];

const otherFamily = { order: 'suffix-prefix-middle', suffixFirst: 'plain' } as const;

type Format = Pick<Family, 'order' | 'suffixFirst'>;

/** The format of a model's family; of a family that is not in the table, suffix first. */
export function fillInFormat({
  architecture,
  fillIn,
  specialTokens,
}: Pick<ModelMetadata, 'architecture' | 'fillIn' | 'specialTokens'>): Format {
  const text = specialTokens.find(({ id }) => id === fillIn?.prefix)?.text;
  return (
    families.find(
      ({ prefixToken, architectures }) =>
        prefixToken === text && (architectures?.includes(architecture) ?? true),
    ) ?? otherFamily
  );
}

/** The prompt of one text around the cursor, in tokens. */
export function fillInTokens(
  { prefix, suffix, middle }: FillInTokens,
  before: readonly number[],
  after: readonly number[],
  { order, suffixFirst }: Format,
): number[] {
  if (order === 'prefix-suffix-middle') return [prefix, ...before, suffix, ...after, middle];
  switch (suffixFirst) {
    case 'plain':
      return [suffix, ...after, prefix, ...before, middle];
    case 'compatible':
      return [prefix, suffix, ...after, middle, ...before];
  }
}
