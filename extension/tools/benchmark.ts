/** `#tpuBenchmark`: one short measured generation on the loaded chat model. */
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import * as z from 'zod';
import type { ChatResult } from '../../backend/protocol/chat.ts';
import type { PilotTool } from './pilotTool.ts';

const Input = z.object({});

const TOKENS = 64;
/** A card that is busy with others may let it wait. */
const DEADLINE_MS = 120_000;

/** About 200 tokens: enough for a prefill that can be measured. */
const TASK = [
  'A ring buffer keeps the last values of a stream in a fixed amount of memory.',
  'It has an array, the index of the next write, and the number of values it holds.',
  'Each write goes to the index, which moves on by one and starts over at the end of the array.',
  'When the buffer is full, a write replaces the oldest value, and the count stays as it is.',
  'Reading begins at the oldest value, which is as many places behind the index as there are values.',
  'No value is ever moved, so a write takes the same time whether the buffer is small or large.',
  'Threads that share one need a lock, unless one of them only writes and the other only reads.',
  'Explain in a long text, with an example in C, how such a buffer is tested.',
].join(' ');

const milliseconds = (value: number): string => `${Math.round(value)} ms`;
const rate = (value: number): string => `${value.toFixed(1)} tokens/s`;

function report({ model, timings, finishReason }: ChatResult): string {
  const { queueMs, firstTokenMs, totalMs, promptTokens, cachedTokens, generatedTokens } = timings;
  const lines = [`model ${model}, ${generatedTokens} tokens generated (${finishReason})`];
  if (firstTokenMs !== undefined) {
    const prefilled = promptTokens - cachedTokens;
    const prefillMs = firstTokenMs - queueMs;
    const prefillRate = prefillMs > 0 ? `, ${rate((prefilled / prefillMs) * 1000)}` : '';
    lines.push(
      `TTFT ${milliseconds(firstTokenMs)}, of it ${milliseconds(queueMs)} in the queue`,
      `prefill ${prefilled} tokens${prefillRate}`,
    );
  }
  if (timings.tokensPerSecond !== undefined) lines.push(`decode ${rate(timings.tokensPerSecond)}`);
  lines.push(`total ${milliseconds(totalMs)}`);
  return lines.join('\n');
}

/** @param unique Differs from run to run, so that no run finds its prompt in the KV cache. */
export function createBenchmark(
  unique: () => string = randomUUID,
): PilotTool<z.output<typeof Input>> {
  return {
    name: 'tpu-pilot_benchmark',
    input: Input,
    invocation: () => vscode.l10n.t('Measuring the loaded model'),
    confirmation: () => ({
      title: vscode.l10n.t('Measure the loaded model?'),
      message: vscode.l10n.t(
        'Generates {0} tokens on the device. Completions and answers may wait a few seconds.',
        TOKENS,
      ),
    }),
    async run(_input, session, signal) {
      const result = await session.request(
        'chat/complete',
        {
          messages: [{ role: 'user', content: `${unique()}\n\n${TASK}` }],
          maxTokens: TOKENS,
          deadlineMs: DEADLINE_MS,
          sampling: { temperature: 0 },
          thinking: false,
        },
        signal,
      );
      return report(result);
    },
  };
}
