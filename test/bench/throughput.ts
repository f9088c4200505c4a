/** Tokens per second of N greedy streams, and the time to a first token, cold and cached. */
import type { DirectProcess } from './directProcess.ts';
import type { Product } from './product.ts';
import { filler, questions, rendered } from './prompts.ts';
import type { Comparison } from './stats.ts';

const MAX_TOKENS = 64;

function ask(product: Product, content: string, maxTokens: number, onText: () => void) {
  return product.client.streamChat(
    { messages: [{ role: 'user', content }], maxTokens, sampling: { temperature: 0 } },
    (progress) => {
      if (progress.kind === 'text') onText();
    },
  );
}

/** Whole rounds, prompts included: generated tokens over the time from the first send to the last answer. */
export async function* throughput(
  product: Product,
  direct: DirectProcess,
  rounds: number,
): AsyncGenerator<Comparison> {
  for (const streams of [1, 2, 4, 8]) {
    const ours: number[] = [];
    const theirs: number[] = [];
    let equal = 0;
    for (let round = 0; round < rounds; round++) {
      const prompts = questions(streams, round + 100 * streams);
      const begun = performance.now();
      const answers = await Promise.all(
        prompts.map((one) => ask(product, one, MAX_TOKENS, () => undefined)),
      );
      const seconds = (performance.now() - begun) / 1000;
      const tokens = answers.reduce((sum, one) => sum + one.timings.generatedTokens, 0);
      ours.push(tokens / seconds);
      const baseline = await direct.generate(prompts.map(rendered), MAX_TOKENS);
      theirs.push((1000 * baseline.tokens) / baseline.totalMs);
      equal += answers.filter((one, i) => one.text.trim() === baseline.texts[i]?.trim()).length;
      const asked = answers.reduce((sum, one) => sum + one.timings.promptTokens, 0);
      if (asked !== baseline.promptTokens) {
        throw new Error(`Prompts differ: ${asked} and ${baseline.promptTokens} tokens.`);
      }
    }
    yield {
      what: `tokens/s, ${streams} stream${streams > 1 ? 's' : ''} (${equal} of ${streams * rounds} texts equal)`,
      unit: 'tok/s',
      ours,
      direct: theirs,
      target: '>= 0.95',
    };
  }
}

/** TTFT seen by the client, for a prompt of about 512 tokens nobody knows, and for a known prefix. */
export async function firstToken(
  product: Product,
  direct: DirectProcess,
  rounds: number,
): Promise<Comparison[]> {
  const cold = { ours: [] as number[], direct: [] as number[] };
  const cached = { ours: [] as number[], direct: [] as number[] };
  const clientTtft = async (content: string): Promise<number> => {
    const begun = performance.now();
    let first = 0;
    await ask(product, content, 1, () => {
      first ||= performance.now() - begun;
    });
    return first || performance.now() - begun;
  };
  for (let round = 0; round < rounds; round++) {
    const text = filler(470, round + 1);
    cold.ours.push(await clientTtft(text));
    await direct.clear();
    cold.direct.push((await direct.complete(rendered(text), 1)).firstTokenMs);
    const longer = `${text} and then summarize it`;
    cached.ours.push(await clientTtft(longer));
    cached.direct.push((await direct.complete(rendered(longer), 1)).firstTokenMs);
  }
  return [
    { what: 'first token, about 500 tokens, cold', unit: 'ms', ...cold, target: '<= 1.1' },
    { what: 'first token, prefix cached', unit: 'ms', ...cached, target: '<= 1.1' },
  ];
}
