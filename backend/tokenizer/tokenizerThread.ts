/**
 * The program of the tokenizer's worker thread: reads the model's files, then encodes texts. Files
 * of tens of megabytes and texts of thousands of lines keep it busy, not the device host. A long
 * text gives way to the short ones that come after it.
 */
import path from 'node:path';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import * as z from 'zod';
import { DeviceError } from '../devices/device.ts';
import { bytelessTokens, readModelMetadata } from './modelMetadata.ts';
import { readPieces } from './pieces.ts';
import { createTextEncoder, type TextEncoder } from './textEncoder.ts';
import type { FromThread, ThreadData, ToThread } from './threadMessages.ts';
import { readTokenizerFile } from './tokenizerFile.ts';
import { warmUp } from './warmUp.ts';

const Data = z.object({
  folder: z.string(),
  current: z.instanceof(Int32Array),
}) satisfies z.ZodType<ThreadData>;

/** Words between two looks at the other texts: about 5 ms. */
const WORDS_AT_ONCE = 4096;

async function run(port: MessagePort): Promise<void> {
  const { folder, current } = Data.parse(workerData);
  // Copied: once a buffer has moved, the runtime compiles all code for arrays again, and slower.
  const post = (message: FromThread): void => port.postMessage(message);
  try {
    const tokenizer = await readTokenizerFile(folder);
    const encoder = createTextEncoder(tokenizer, path.join(folder, 'tokenizer.json'));
    const metadata = await readModelMetadata(folder, tokenizer);
    const pieces = readPieces(tokenizer, encoder.isByteLevel, bytelessTokens(metadata));
    warmUp(encoder, pieces);
    port.on('message', ({ id, text }: ToThread) => {
      const onTurn = (): void => void Atomics.store(current, 0, id);
      void encodeAll(encoder, text, onTurn).then((tokens) => post({ id, tokens }));
    });
    post({ opened: { metadata, pieces } });
  } catch (error) {
    const code = error instanceof DeviceError ? error.code : 'invalidModel';
    post({ failed: { code, message: error instanceof Error ? error.message : String(error) } });
  }
}

/** @param onTurn is called whenever it begins or goes on */
async function encodeAll(
  encoder: TextEncoder,
  text: string,
  onTurn: () => void,
): Promise<Int32Array> {
  onTurn();
  // Hardly a text has more tokens than half of its UTF-16 units.
  let tokens = new Int32Array(Math.ceil(text.length / 2) + 16);
  let count = 0;
  let words = 0;
  for (const word of encoder.encode(text)) {
    if (count + word.length > tokens.length) {
      const longer = new Int32Array(2 * (count + word.length));
      longer.set(tokens);
      tokens = longer;
    }
    tokens.set(word, count);
    count += word.length;
    if (++words % WORDS_AT_ONCE !== 0) continue;
    await new Promise((resolve) => setImmediate(resolve));
    onTurn();
  }
  return tokens.slice(0, count);
}

if (parentPort !== null) await run(parentPort);
