/** Prompts that both sides get: the product as messages, the baseline as the rendered template. */

const topics = ['trees', 'rivers', 'bread', 'clocks', 'ships', 'glass', 'bees', 'maps'];
const words = ['data', 'graph', 'cache', 'token', 'queue', 'batch', 'layer', 'probe', 'shard'];

/** Questions whose greedy answers are long. `round` makes them new, so that no cache knows them. */
export function questions(count: number, round: number): string[] {
  return Array.from(
    { length: count },
    (_, i) =>
      `Essay ${round + 1}-${i + 1}. Write a long story about ${topics[i % topics.length] ?? ''}.`,
  );
}

/** About `tokens` tokens of text that differ from the first word on by `salt`. */
export function filler(tokens: number, salt: number): string {
  return Array.from(
    { length: tokens },
    (_, i) => words[(i * 7 + salt * 3 + ((i * salt) % 5)) % 9],
  ).join(' ');
}

/** What the test model's chat template makes of one user message. */
export function rendered(question: string): string {
  const system = 'You are a helpful AI assistant named SmolLM, trained by Hugging Face';
  return `<|im_start|>system\n${system}<|im_end|>\n<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n`;
}
