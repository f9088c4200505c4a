/** Tokens equal to those of the original library, and of libllama, for the same model. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTextEncoder, isSpecial } from '../../backend/tokenizer/textEncoder.ts';
import { parseTokenizer } from '../../backend/tokenizer/tokenizerFile.ts';
import { describeCompiler } from '../support/linkToolchain.ts';
import { referenceTokens } from '../support/referenceTokens.ts';
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
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-tokenizer-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

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
    await expectEqualTokens(await writeTokenizer(folder, await realTokenizer()), 1);
  });

  it.each(Object.keys(otherRules))('is equal for the rules %s', async (name) => {
    const tokenizer = otherRules[name]!(await realTokenizer());
    await expectEqualTokens(await writeTokenizer(folder, tokenizer), 2);
  });

  it.each([
    ['falls back to bytes', sentencePieceTokenizer],
    ['has unknown characters', metaspaceTokenizer],
  ])('is equal for a vocabulary of characters that %s', async (_, create) => {
    await expectEqualTokens(await writeTokenizer(folder, create()), 3);
  });
});
