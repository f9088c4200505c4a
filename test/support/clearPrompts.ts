/** Prompts of many kinds whose answers are clear: PyTorch says what a device has to answer. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { openModelText } from '../../backend/tokenizer/modelText.ts';
import { greedyTokens, type Conversation } from './greedyTokens.ts';

/** Several of each kind, so that one of them has no near tie. */
const texts = {
  chinese: [
    '你好，世界！',
    '请使用C++写一段冒泡排序算法。',
    '什么是编译器？',
    '今天天气怎么样',
    '用一句话介绍北京。',
    '如何在Linux上安装驱动程序？',
    '这个函数的返回值是什么',
    '春眠不觉晓，处处闻啼鸟。',
    '人工智能',
    '把下面的代码翻译成Python：',
    '北京是中国的首都',
    '谢谢！',
    '请解释递归。',
    '文件不存在',
    '测试',
    '为什么天空是蓝色的？',
  ],
  code: [
    'def fib(n: int) -> int:\n',
    'for (let i = 0; i < 10; i++) {',
    '#include <stdio.h>\n\nint main',
    'SELECT * FROM users WHERE',
    'import numpy as np\n',
    'return x === undefined',
    'class Stack:\n    def push(self',
    'fn main() {\n    println!(',
    'if err != nil {\n\treturn',
    'const sum = (a, b) =>',
    'x = [i for i in range(',
    'public static void main',
    'std::vector<int> v;',
    '<div class="row">',
    'git commit -m "',
    'while True:\n    try:',
  ],
  prose: [
    'Once upon a time, in a small village,',
    'The capital of France is',
    'To be or not to be',
    'It was a dark and stormy night',
    'Compilers translate',
    'The quick brown fox jumps over',
    'In the beginning',
    'What is a compiler?',
    'Name three planets.',
    'She said that',
    'A good test can fail',
    'Water boils at',
    'Hello, how are you?',
    'Please summarize this',
    'The answer is',
    'Yesterday we went to the',
  ],
} as const;

type Kind = keyof typeof texts;
const kinds = Object.keys(texts) as Kind[];

/** A conversation's turns, and PyTorch's answer to each. */
export interface ClearPrompt {
  readonly turns: readonly Int32Array[];
  readonly answers: readonly (readonly number[])[];
}

export interface ClearPrompts {
  readonly byKind: Readonly<Record<Kind, ClearPrompt>>;
  /** One of each length that was asked for. */
  readonly byLength: ReadonlyMap<number, ClearPrompt>;
  /** Of two turns, each a text. */
  readonly twoTurns: ClearPrompt;
}

export interface PromptsWanted {
  /** The float model's folder. */
  readonly source: string;
  readonly lengths: readonly number[];
}

/** Prompts of each length that are tried. */
const TRIED = 40;
/** In bf16 a logit of the models here is off by some hundredths of the logits' deviation. */
const MARGIN = 0.1;

/** Of the two turns, by which the answer to the first is known as well. */
const TURNS = 'two turns';

/**
 * Prompts for each of the models, which have the same tokenizer.
 * @param count tokens of an answer
 * @throws Error when PyTorch's answers to all prompts of a kind have near ties
 */
export async function clearPrompts(
  models: readonly PromptsWanted[],
  count: number,
): Promise<ClearPrompts[]> {
  const encoded = await encodeAll(models[0]?.source ?? '');
  const all = [...encoded.values()].flat();
  const groups = models.map(
    ({ lengths }) =>
      new Map<string, Conversation[]>([
        ...Array.from(encoded, ([kind, some]) => [kind, some.flatMap(beginnings)] as const),
        ...lengths.map((length) => [String(length), windows(all.flat(), length)] as const),
        [TURNS, pairs(all)],
      ]),
  );
  const answers = await greedyTokens(
    models.map(({ source }, n) => ({
      folder: source,
      groups: [...(groups[n]?.values() ?? [])],
      ...{ count, margin: MARGIN },
    })),
  );
  return models.map(({ source, lengths }, n) => {
    const names = [...(groups[n]?.keys() ?? [])];
    const take = (name: Kind | typeof TURNS | number): ClearPrompt => {
      const clear = answers[n]?.[names.indexOf(String(name))];
      if (!clear) throw new Error(`${source}: all answers to ${name} have near ties.`);
      const turns = groups[n]?.get(String(name))?.[clear.index] ?? [];
      return { turns: turns.map((turn) => Int32Array.from(turn)), answers: clear.answers };
    };
    return {
      byKind: { chinese: take('chinese'), code: take('code'), prose: take('prose') },
      byLength: new Map(lengths.map((length) => [length, take(length)])),
      twoTurns: take(TURNS),
    };
  });
}

/** By the product's own tokenizer. @param folder of a model */
async function encodeAll(folder: string): Promise<Map<Kind, number[][]>> {
  const bundle = path.join(import.meta.dirname, '../../dist/tokenizerThread.js');
  const text = await openModelText(folder, { workerModule: pathToFileURL(bundle) });
  try {
    const encoded = new Map<Kind, number[][]>();
    for (const kind of kinds) {
      const tokens = await Promise.all(texts[kind].map(async (one) => text.encode(one)));
      encoded.set(
        kind,
        tokens.map((one) => [...one]),
      );
    }
    return encoded;
  } finally {
    await text.close();
  }
}

/** The whole text, and the text without its last tokens, as conversations of one turn. */
function beginnings(text: readonly number[]): number[][][] {
  return [0, 1, 2, 3].flatMap((less) =>
    text.length > less + 1 ? [[text.slice(0, text.length - less)]] : [],
  );
}

/** Each with some of the others after it. */
function pairs(all: readonly number[][]): number[][][] {
  return all.flatMap((one, n) => [5, 10, 15, 20, 25, 30].map((apart) => [one, all.at(n - apart)!]));
}

/** Parts of a stream of tokens, some tokens apart. */
function windows(stream: readonly number[], length: number): number[][][] {
  const apart = Math.floor((stream.length - length) / TRIED);
  return Array.from({ length: TRIED }, (_, n) => [stream.slice(n * apart, n * apart + length)]);
}
