/**
 * Texts to tokens of Qwen3, on the tokenizer's thread, beside the original library in its own
 * process: one thread each, in alternating rounds. The ids are compared, too.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { openModelText } from '../../backend/tokenizer/modelText.ts';
import { buildTokenizerThread } from '../support/buildTokenizerThread.ts';
import { referenceTokens } from '../support/referenceTokens.ts';
import { realTokenizerFolder } from '../support/tinyModel.ts';
import { median, tableHead, tableRow } from './stats.ts';

const root = path.join(import.meta.dirname, '../..');
const LONG_CHARACTERS = 200_000;
const SHORT_CHARACTERS = 20_000;
/** Of the same text: the first one finds nothing cached and nothing compiled. */
const ENCODINGS = 11;

async function readTexts(): Promise<Record<string, string>> {
  const names = await readdir(path.join(root, 'backend'), { recursive: true });
  const files = names.filter((name) => name.endsWith('.ts')).sort();
  const sources = await Promise.all(
    files.map((name) => readFile(path.join(root, 'backend', name), 'utf8')),
  );
  const code = sources.join('');
  const messages = await readFile(path.join(root, 'extension/l10n/bundle.l10n.zh-cn.json'), 'utf8');
  const chinese = Object.values(JSON.parse(messages) as Record<string, string>).join('\n');
  return {
    'code, 20,000 characters': code.slice(0, SHORT_CHARACTERS),
    'Chinese, with some English': chinese.slice(0, SHORT_CHARACTERS),
    'code, 200,000 characters': code.slice(0, LONG_CHARACTERS),
  };
}

function emptyRow(what: string) {
  return { what, unit: 'tokens/s', ours: [] as number[], direct: [] as number[], target: '>= 1' };
}

export async function runTokenizer(rounds: number, print: (line: string) => void): Promise<void> {
  const folder = realTokenizerFolder();
  const file = path.join(folder, 'tokenizer.json');
  const thread = await buildTokenizerThread();
  try {
    print(tableHead);
    for (const [what, text] of Object.entries(await readTexts())) {
      const [first, again] = [emptyRow(`${what}: first time`), emptyRow(`${what}: again`)];
      for (let round = 0; round < rounds; round++) {
        const model = await openModelText(folder, thread);
        const special = model.metadata.specialTokens.map(({ id }) => id);
        const wanted = await referenceTokens(file, { texts: [text], special, rounds: ENCODINGS });
        const count = wanted.ids[0]?.length ?? 0;
        const seconds: number[] = [];
        for (let n = 0; n < ENCODINGS; n++) {
          const begun = performance.now();
          const tokens = await model.encode(text);
          seconds.push((performance.now() - begun) / 1000);
          if (!wanted.ids[0]?.every((id, at) => id === tokens[at]) || count !== tokens.length) {
            throw new Error(`Other tokens than the original: ${what}`);
          }
        }
        first.ours.push(count / (seconds[0] ?? NaN));
        first.direct.push(count / (wanted.seconds[0] ?? NaN));
        again.ours.push(count / median(seconds.slice(1)));
        again.direct.push(count / median(wanted.seconds.slice(1)));
        await model.close();
      }
      print(tableRow(first));
      print(tableRow(again));
    }
  } finally {
    await thread.remove();
  }
}
