/**
 * A question answered by a converted model on the vendor's emulator, beside its float model: always
 * the likeliest token. Minutes for a small model; the emulator computes every launch in full.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import { readManifest } from '../../backend/models/manifest.ts';
import { ModelStore } from '../../backend/models/store.ts';
import { VerifyParams } from '../../backend/protocol/verification.ts';
import { findToolchain } from '../../backend/toolchain/find.ts';
import { defaultVerifyEdges, verifyModel } from '../../backend/verification/verify.ts';
import { findTestDevice } from '../support/verifyDevice.ts';
import { run } from '../support/run.ts';

const QUESTION = 'What is the capital of France? Answer in one sentence.';
const MOST_TOKENS = 12;
const PYTHON_MS = 10 * 60_000;

const Answer = z.object({ prompt: z.number(), answer: z.number(), text: z.string() });

/** @param name of a converted model in the store of the home */
export async function runAnswer(
  home: string,
  name: string,
  print: (line: string) => void,
): Promise<void> {
  const store = new ModelStore(home);
  const model = await store.get(name);
  const { conversion } = await readManifest(model.path);
  if (!conversion) throw new Error(`${model.id} was not converted here.`);
  const { python } = await findToolchain(home, process.env);
  const folder = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-bench-'));
  try {
    const [input, reference] = [path.join(folder, 'input.bin'), path.join(folder, 'expected.bin')];
    let float = conversion.source.path;
    if (conversion.source.format === 'gguf') {
      const unpack = path.join(
        import.meta.dirname,
        '../../backend/conversion/python/import_gguf.py',
      );
      float = path.join(folder, 'float');
      await run(python, [unpack, conversion.source.path, float], { timeoutMs: PYTHON_MS });
    }
    const script = path.join(import.meta.dirname, 'answer.py');
    const args = [script, float, QUESTION, String(MOST_TOKENS), input, reference];
    const printed = await run(python, args, { timeoutMs: PYTHON_MS });
    const line = printed.split('\n').findLast((text) => text.startsWith('{')) ?? '';
    const answer = Answer.parse(JSON.parse(line));
    const report = await verifyModel(
      store,
      VerifyParams.parse({ model: name, input, reference }),
      { onProgress: () => undefined, log: () => undefined },
      new AbortController().signal,
      defaultVerifyEdges(findTestDevice),
    );
    const equal = report.subModels[0]?.tensors[0]?.cosine ?? 0;
    print(`${model.id}: "${QUESTION}" (${answer.prompt} tokens of prompt)`);
    print(`The float model: "${answer.text}" (${answer.answer} tokens)`);
    print(`On the emulator: ${Math.round(equal * 100)} % of them equal, in ${report.seconds} s.`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
