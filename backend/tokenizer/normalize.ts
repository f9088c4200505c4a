/**
 * What tokenizer.json does to a text before it is cut into words. Node knows a later Unicode than the
 * original: marks that are a few years old, such as U+0898, may be put in another order.
 */
import { expression } from './splitText.ts';
import type { Normalizer } from './tokenizerFile.ts';

export type Normalize = (text: string) => string;

export function createNormalizer(normalizer: Normalizer | undefined): Normalize {
  if (normalizer === undefined) return (text) => text;
  switch (normalizer.type) {
    case 'Sequence': {
      const steps = normalizer.normalizers.map(createNormalizer);
      return (text) => steps.reduce((result, step) => step(result), text);
    }
    case 'Prepend':
      return (text) => (text === '' ? text : normalizer.prepend + text);
    case 'Replace': {
      const pattern = expression(normalizer.pattern);
      return (text) => text.replaceAll(pattern, () => normalizer.content);
    }
    default:
      return (text) => text.normalize(normalizer.type);
  }
}
