/** Files beside a model's weights. */

/** What transformers and the card's compiler read beside the weights. Never pickles, never code. */
const companions = new Set([
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'tokenizer.model',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'chat_template.jinja',
  'chat_template.json',
]);

export function isCompanion(name: string): boolean {
  return companions.has(name);
}
