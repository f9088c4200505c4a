/** Tokens equal to those of the original library, and of libllama, for the same model. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { scriptText } from '../../backend/conversion/scripts.ts';
import { CpuDevice } from '../../backend/devices/cpu.ts';
import { openModelText } from '../../backend/tokenizer/modelText.ts';
import { createTextEncoder, isSpecial } from '../../backend/tokenizer/textEncoder.ts';
import { parseTokenizer } from '../../backend/tokenizer/tokenizerFile.ts';
import { toolchainLayout } from '../../backend/toolchain/layout.ts';
import { buildTokenizerThread } from '../support/buildTokenizerThread.ts';
import { stampGguf } from '../support/ggufFile.ts';
import { describeCompiler, toolchainHome } from '../support/linkToolchain.ts';
import { testModelPath } from '../support/provideModel.ts';
import { referenceTokens } from '../support/referenceTokens.ts';
import { run } from '../support/run.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';
import {
  metaspaceTokenizer,
  otherRules,
  realTokenizer,
  sentencePieceTokenizer,
  writeTokenizer,
} from '../support/tokenizerFolders.ts';
import { namedTexts, randomTexts } from '../support/tokenizerTexts.ts';

const RANDOM_TEXTS = 3000;

describeCompiler('tokenizer beside the original', () => {
  async function expectEqualTokens(file: string, seed: number): Promise<void> {
    const tokenizer = parseTokenizer(JSON.parse(await readFile(file, 'utf8')), file);
    const encoder = createTextEncoder(tokenizer, file);
    const texts = [...Object.entries(await namedTexts())];
    for (const [n, text] of randomTexts(RANDOM_TEXTS, seed).entries())
      texts.push([`random ${n}`, text]);
    const { ids } = await referenceTokens(file, {
      texts: texts.map(([, text]) => Buffer.from(text).toString()),
      special: tokenizer.added_tokens.filter(isSpecial).map(({ id }) => id),
    });
    expect(ids).toHaveLength(texts.length);
    for (const [n, [name, text]] of texts.entries()) {
      const tokens = [...encoder.encode(text)].flatMap((word) => [...word]);
      expect(tokens, `${name}: ${JSON.stringify(text.slice(0, 200))}`).toEqual(ids[n]);
    }
  }

  it('is equal for Qwen3', async () => {
    await expectEqualTokens(
      await writeTokenizer(await temporaryFolder(), await realTokenizer()),
      1,
    );
  });

  it.each(Object.keys(otherRules))('is equal for the rules %s', async (name) => {
    const tokenizer = otherRules[name]!(await realTokenizer());
    await expectEqualTokens(await writeTokenizer(await temporaryFolder(), tokenizer), 2);
  });

  it.each([
    ['falls back to bytes', sentencePieceTokenizer],
    ['has unknown characters', metaspaceTokenizer],
  ])('is equal for a vocabulary of characters that %s', async (_, create) => {
    await expectEqualTokens(await writeTokenizer(await temporaryFolder(), create()), 3);
  });

  it('says of a trained model what libllama does', async () => {
    const folder = await temporaryFolder();
    const file = path.join(await temporaryFolder(), 'model.gguf');
    await stampGguf(testModelPath(), file, {
      'general.sampling.temp': 0.6,
      'general.sampling.top_p': 0.95,
    });
    const { python } = toolchainLayout(toolchainHome);
    await run(python, ['-c', await scriptText('import_gguf.py'), file, folder]);
    await expectEqualTokens(path.join(folder, 'tokenizer.json'), 4);

    const device = new CpuDevice({ cores: 1 });
    onTestFinished(() => device.close());
    const model = await device.load({ path: file, slots: 1, kvTokens: 256 });
    const thread = await buildTokenizerThread();
    onTestFinished(() => thread.remove());
    const text = await openModelText(folder, { workerModule: thread.workerModule });
    onTestFinished(() => text.close());

    expect({ ...text.metadata, name: model.metadata.name }).toEqual(model.metadata);
    expect(model.metadata.sampling).toMatchObject({ temperature: 0.6, topP: 0.95 });
    for (let token = 0; token < model.metadata.vocabularySize; token++) {
      expect(text.piece(token), `piece ${token}`).toEqual(model.piece(token));
    }
    for (const [name, value] of Object.entries(await namedTexts())) {
      expect(await text.encode(value), name).toEqual(await model.encode(value));
    }
  });
});
