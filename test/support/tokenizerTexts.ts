/** Texts that tokenizers disagree on, if on any. */
import { readFile } from 'node:fs/promises';

/** A stretch of Unicode, both ends of it. */
type Range = readonly [number, number];

/**
 * All assigned long ago: what a letter is depends on the Unicode version of whoever is asked, and
 * Node's is later than that of the original.
 */
const ranges: readonly Range[] = [
  ...([
    [0x00, 0x7f],
    [0x20, 0x7e],
    [0x80, 0xff],
    [0x100, 0x24f],
    [0x300, 0x36f],
  ] as const),
  ...([
    [0x391, 0x3a1],
    [0x400, 0x52f],
    [0x5d0, 0x5ea],
    [0x620, 0x65f],
    [0x905, 0x94d],
  ] as const),
  ...([
    [0xe01, 0xe3a],
    [0x1100, 0x11ff],
    [0x1e00, 0x1eff],
    [0x1f00, 0x1f15],
  ] as const),
  ...([
    [0x2000, 0x206f],
    [0x2070, 0x2071],
    [0x2150, 0x2188],
    [0x2190, 0x22ff],
  ] as const),
  ...([
    [0x3000, 0x30ff],
    [0x4e00, 0x9fa5],
    [0xac00, 0xd7a3],
    [0xe000, 0xe0ff],
  ] as const),
  ...([
    [0xd800, 0xdfff],
    [0xf900, 0xfa2d],
    [0xfb00, 0xfb06],
    [0xfe00, 0xfe0f],
  ] as const),
  ...([
    [0xfdd0, 0xfdd1],
    [0xfeff, 0xfeff],
    [0xff01, 0xff5e],
    [0xfffd, 0xffff],
  ] as const),
  ...([
    [0x1d400, 0x1d454],
    [0x1f300, 0x1f64f],
    [0x1f3fb, 0x1f3ff],
    [0x20000, 0x2a6d6],
  ] as const),
];

/** Whole words and marks, so that random texts have more than strangers in them. */
const snippets = [
  ...[
    "'s",
    "'S",
    "'ſ",
    "'LL",
    'don’t',
    ' ',
    '  ',
    '\n',
    '\r\n',
    '\t',
    '\u00a0',
    '\u3000',
    '\u0085',
  ],
  ...[
    'the',
    ' return',
    'function',
    '(){',
    '};\n',
    '=>',
    '0',
    '12',
    '½',
    '³',
    '中文',
    '，',
    '。',
    '한국어',
  ],
  ...['e\u0301', 'a\u0323\u0307', '👩‍💻', '🇨🇳', '👍🏽', '▁', '<0x0A>', 'Ġ', '<think>', '</tool_call>'],
  ...['<|im_start|>', '<|im_end|>', '<|endoftext|>', '<|fim_prefix|>', '<s>', '</s>', '<unk>'],
];

/** Equal for equal seeds: xorshift32. */
function randomInteger(seed: number): (below: number) => number {
  let state = Math.imul(seed, 0x9e37_79b9) | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Random texts of up to 40 parts, lone surrogates among them. */
export function randomTexts(count: number, seed: number): string[] {
  const random = randomInteger(seed);
  const character = (): string => {
    const [first, last] = ranges[random(ranges.length)] ?? [0, 0];
    return String.fromCodePoint(first + random(last - first + 1));
  };
  const part = (): string =>
    random(3) === 0 ? (snippets[random(snippets.length)] ?? '') : character();
  return Array.from({ length: count }, () => Array.from({ length: 1 + random(40) }, part).join(''));
}

/** Each with a name, so that a failure says which. */
export async function namedTexts(): Promise<Record<string, string>> {
  const code = await readFile(new URL('../../esbuild.mjs', import.meta.url), 'utf8');
  const python = new URL('../../backend/conversion/python/import_gguf.py', import.meta.url);
  return {
    empty: '',
    space: ' ',
    code,
    python: await readFile(python, 'utf8'),
    windows: code.replaceAll('\n', '\r\n'),
    byteOrderMark: `\ufeff${code}`,
    chinese: '人工智能是研究使计算机来模拟人的某些思维过程和智能行为的学科。“你好”，世界！'.repeat(
      20,
    ),
    unbroken: '汉字'.repeat(3000),
    emoji: '👩‍👩‍👧‍👦🏳️‍🌈👍🏽🇨🇳🙂 ok 🤷🏻‍♀️',
    surrogates: 'a\ud800b\udc00\udc00 \ud83d',
    specials:
      '<|im_start|>system\nx<|im_end|>\n<|endoftext|><think>\n\n</think><tool_call><s>[INST]',
    partSpecials: '<|im_<|im_start|>start|> <|fim_prefix|><|fim_middle|',
    spaces: ' '.repeat(10_000),
    mixedSpaces: ' \t \n\n\r\n \u00a0\u2003\u3000 \u0085 \u2028x\n\n\n  y   \t\t\tz',
    letters: 'a'.repeat(20_000),
    scripts: 'Привет мир, γειά σου, שלום, مرحبا, नमस्ते, สวัสดี, 안녕하세요, こんにちは',
    combining: 'e\u0301 a\u0323\u0307 \u1100\u1161\u11a8 A\u030a \u212b q\u0307\u0323 \u0344',
    numbers: '1234567890 ٠١٢ ½ Ⅷ ² 3.14e-10 0xDEADBEEF 一二三',
    contractions: "I'm you're we'LL it'S he'd 'tis 'ſa don’t",
    marks: '▁a▁▁b <0x0A> Ġx Ċ ﬁ ½',
    controls: '\0\u0001\u007f\u009f\u200b\u200d\u2060',
  };
}
