/**
 * The baseline: the same library called directly. One process, one synchronous loop, no protocol, no
 * queue, no slots beyond what a benchmark needs. It answers the messages of run.ts over IPC.
 */
import koffi from 'koffi';
import * as z from 'zod';
import { openLlama } from '../../backend/devices/llamaLibrary.ts';
import type { Batch, Pointer } from '../../backend/devices/llamaTypes.ts';

const Prompts = z.object({
  kind: z.literal('generate'),
  /** Rendered prompts; special tokens in them are special. */
  prompts: z.array(z.string()),
  maxTokens: z.number(),
});
export const DirectRequest = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('load'),
    path: z.string(),
    threads: z.number(),
    slots: z.number(),
    kvTokens: z.number(),
  }),
  Prompts,
  z.object({ kind: z.literal('complete'), prompt: z.string(), maxTokens: z.number() }),
  z.object({ kind: z.literal('clear') }),
  z.object({ kind: z.literal('exit') }),
]);
export type DirectRequest = z.infer<typeof DirectRequest>;

/** Durations in ms, on one monotonic clock. */
export interface DirectReply {
  readonly texts: readonly string[];
  readonly tokens: number;
  readonly promptTokens: number;
  readonly firstTokenMs: number;
  readonly totalMs: number;
}

const { api } = openLlama();
let context: Pointer;
let vocabulary: Pointer;
let sequenceIds: bigint;
let capacity = 0;
/** What sequence 0 holds, for `complete`. */
let held: number[] = [];

function load(request: Extract<DirectRequest, { kind: 'load' }>): void {
  const model = api.model_load_from_file(request.path, {
    ...api.model_default_params(),
    n_gpu_layers: 0,
  });
  if (model === null) throw new Error('The model does not load.');
  capacity = request.kvTokens;
  const made = api.init_from_model(model, {
    ...api.context_default_params(),
    n_ctx: request.kvTokens,
    n_batch: request.kvTokens,
    n_ubatch: 256,
    n_seq_max: request.slots,
    n_outputs_max: request.slots,
    n_threads: request.threads,
    n_threads_batch: request.threads,
    flash_attn_type: 1,
    kv_unified: true,
  });
  if (made === null) throw new Error('The context cannot be made.');
  context = made;
  vocabulary = api.model_get_vocab(model);
  sequenceIds = koffi.alloc('int32_t', request.slots) as bigint;
  for (let i = 0; i < request.slots; i++) koffi.encode(sequenceIds, 4 * i, 'int32_t', i);
}

function tokenize(text: string): number[] {
  const bytes = new TextEncoder().encode(text);
  const out = new Int32Array(bytes.length + 8);
  const count = api.tokenize(vocabulary, bytes, bytes.length, out, out.length, false, true);
  return [...out.subarray(0, count)];
}

interface Entry {
  readonly sequence: number;
  readonly token: number;
  readonly position: number;
  readonly output: boolean;
}

function decode(entries: readonly Entry[]): void {
  const batch: Batch = {
    n_tokens: entries.length,
    token: Int32Array.from(entries, (entry) => entry.token),
    embd: null,
    pos: Int32Array.from(entries, (entry) => entry.position),
    n_seq_id: new Int32Array(entries.length).fill(1),
    seq_id: BigUint64Array.from(entries, (entry) => sequenceIds + BigInt(4 * entry.sequence)),
    logits: Int8Array.from(entries, (entry) => (entry.output ? 1 : 0)),
  };
  const status = api.decode(context, batch);
  if (status !== 0) throw new Error(`llama_decode: ${status}`);
}

const greedy = (() => {
  const chain = api.sampler_chain_init(api.sampler_chain_default_params());
  api.sampler_chain_add(chain, api.sampler_init_greedy());
  return chain;
})();

function pieces(tokens: readonly number[]): string {
  const out = new Uint8Array(256);
  const bytes = tokens.flatMap((token) => {
    const length = api.token_to_piece(vocabulary, token, out, out.length, 0, false);
    return [...out.subarray(0, Math.max(0, length))];
  });
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** All prompts in one batch, then all sequences a token at a time until each has ended. */
function generate({ prompts, maxTokens }: z.infer<typeof Prompts>): DirectReply {
  const begun = performance.now();
  const memory = api.get_memory(context);
  if (memory === null) throw new Error('No KV cache.');
  api.memory_seq_rm(memory, -1, -1, -1);
  held = [];
  const inputs = prompts.map(tokenize);
  const entries = inputs.flatMap((tokens, sequence) =>
    tokens.map((token, position) => ({
      sequence,
      token,
      position,
      output: position === tokens.length - 1,
    })),
  );
  if (entries.length > capacity) throw new Error('The prompts do not fit.');
  decode(entries);
  const answers = inputs.map((): number[] => []);
  let active = inputs.map((tokens, sequence) => ({ sequence, position: tokens.length }));
  let outputs = entries.flatMap((entry, index) => (entry.output ? [index] : []));
  let firstTokenMs = 0;
  for (;;) {
    const sampled = active.map((one, i) => ({
      ...one,
      token: api.sampler_sample(greedy, context, outputs[i] ?? -1),
    }));
    firstTokenMs ||= performance.now() - begun;
    active = sampled.flatMap(({ sequence, position, token }) => {
      const answer = answers[sequence] ?? [];
      if (api.vocab_is_eog(vocabulary, token)) return [];
      answer.push(token);
      return answer.length < maxTokens ? [{ sequence, position }] : [];
    });
    if (active.length === 0) break;
    decode(
      active.map(({ sequence, position }) => ({
        sequence,
        position,
        token: answers[sequence]?.at(-1) ?? 0,
        output: true,
      })),
    );
    active = active.map((one) => ({ ...one, position: one.position + 1 }));
    outputs = active.map((_, index) => index);
  }
  return {
    texts: answers.map(pieces),
    tokens: answers.reduce((sum, answer) => sum + answer.length, 0),
    promptTokens: entries.length,
    firstTokenMs,
    totalMs: performance.now() - begun,
  };
}

/** One sequence that keeps its longest common prefix, up to a line break: a plain completion loop. */
function complete(prompt: string, maxTokens: number): DirectReply {
  const begun = performance.now();
  const memory = api.get_memory(context);
  if (memory === null) throw new Error('No KV cache.');
  const tokens = tokenize(prompt);
  let shared = 0;
  while (shared < tokens.length - 1 && held[shared] === tokens[shared]) shared++;
  api.memory_seq_rm(memory, 0, shared, -1);
  decode(
    tokens.slice(shared).map((token, i) => ({
      sequence: 0,
      token,
      position: shared + i,
      output: shared + i === tokens.length - 1,
    })),
  );
  held = tokens;
  const answer: number[] = [];
  let firstTokenMs = 0;
  let index = tokens.length - shared - 1;
  while (answer.length < maxTokens) {
    const token = api.sampler_sample(greedy, context, index);
    firstTokenMs ||= performance.now() - begun;
    if (api.vocab_is_eog(vocabulary, token)) break;
    answer.push(token);
    if (pieces([token]).includes('\n') || answer.length === maxTokens) break;
    decode([{ sequence: 0, token, position: held.length, output: true }]);
    held = [...held, token];
    index = 0;
  }
  return {
    texts: [pieces(answer)],
    tokens: answer.length,
    promptTokens: tokens.length - shared,
    firstTokenMs,
    totalMs: performance.now() - begun,
  };
}

process.on('message', (raw) => {
  const request = DirectRequest.parse(raw);
  switch (request.kind) {
    case 'load':
      load(request);
      process.send?.({});
      return;
    case 'generate':
      process.send?.(generate(request));
      return;
    case 'complete':
      process.send?.(complete(request.prompt, request.maxTokens));
      return;
    case 'clear': {
      const memory = api.get_memory(context);
      if (memory !== null) api.memory_seq_rm(memory, -1, -1, -1);
      held = [];
      process.send?.({});
      return;
    }
    case 'exit':
      process.exit(0);
  }
});
