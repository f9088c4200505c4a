/** Text to the words that byte pairs are joined in, as tokenizer.json describes it. */
import { SplitPreTokenizer } from '@huggingface/tokenizers';
import type { Pattern, PreTokenizer } from './tokenizerFile.ts';

/** Cuts one text into words, lazily. */
type Splitter = (text: string) => Iterable<string>;

export interface TextSplitter {
  readonly split: Splitter;
  /** Tokens are bytes, written as 256 printable characters. */
  readonly isByteLevel: boolean;
}

/** GPT-2's words, which ByteLevel has built in (tokenizers, pre_tokenizers/byte_level.rs). */
const GPT2_WORDS = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/** @throws RangeError for an order that is not supported, SyntaxError for a pattern that is none */
export function createSplitter(preTokenizer: PreTokenizer | undefined): TextSplitter {
  const steps = preTokenizer === undefined ? [] : flatten(preTokenizer);
  const bytes = steps.findIndex(({ type }) => type === 'ByteLevel');
  // Bytes are written as other characters, which no rule for text is made for.
  if (bytes >= 0 && bytes < steps.length - 1) throw new RangeError('ByteLevel is not the last');
  return {
    split: steps.map(createStep).reduce<Splitter>(
      (before, step) =>
        function* (text) {
          for (const word of before(text)) yield* step(word);
        },
      (text) => [text],
    ),
    isByteLevel: bytes >= 0,
  };
}

type Step = Exclude<PreTokenizer, { type: 'Sequence' }>;

function flatten(preTokenizer: PreTokenizer): Step[] {
  return preTokenizer.type === 'Sequence'
    ? preTokenizer.pretokenizers.flatMap(flatten)
    : [preTokenizer];
}

function createStep(step: Step): Splitter {
  switch (step.type) {
    case 'Split':
      return behaviors[step.behavior](cutter(expression(step.pattern), step.invert));
    case 'Digits':
      // Numbers of every script, as Rust's char::is_numeric; \d would be ASCII alone.
      return behaviors.Isolated(cutter(step.individual_digits ? /\p{N}/gu : /\p{N}+/gu, false));
    case 'ByteLevel': {
      const words: Splitter = step.use_regex
        ? behaviors.Isolated(cutter(expression({ Regex: GPT2_WORDS }), false))
        : (text) => [text];
      if (!step.add_prefix_space) return words;
      return (text) => words(text.startsWith(' ') ? text : ` ${text}`);
    }
    case 'Metaspace': {
      const { replacement, prepend_scheme, split } = step;
      const words = behaviors.MergedWithNext(cutter(expression({ String: replacement }), false));
      return (text) => {
        const replaced = text.replaceAll(' ', replacement);
        const isOpen = prepend_scheme === 'never' || replaced.startsWith(replacement);
        const whole = isOpen ? replaced : replacement + replaced;
        return split ? words(whole) : [whole];
      };
    }
  }
}

/** The library knows how Oniguruma's expressions, which these files are written in, read in JavaScript. */
export function expression(pattern: Pattern): RegExp {
  const { pattern: found } = new SplitPreTokenizer({
    type: 'Split',
    pattern,
    behavior: 'Isolated',
    invert: false,
  });
  if (found === null) throw new SyntaxError('no pattern');
  return found;
}

interface Cut {
  readonly text: string;
  readonly isMatch: boolean;
}

type Cutter = (text: string) => Iterable<Cut>;

/** The matches of the expression and what lies between them. */
function cutter(pattern: RegExp, invert: boolean): Cutter {
  return function* (text) {
    let end = 0;
    for (const match of text.matchAll(pattern)) {
      const [found] = match;
      if (match.index > end) yield { text: text.slice(end, match.index), isMatch: invert };
      if (found !== '') yield { text: found, isMatch: !invert };
      end = match.index + found.length;
    }
    if (end < text.length) yield { text: text.slice(end), isMatch: invert };
  };
}

type Behavior = Extract<Step, { type: 'Split' }>['behavior'];

/** tokenizers, tokenizer/normalizer.rs: SplitDelimiterBehavior */
const behaviors: Record<Behavior, (cuts: Cutter) => Splitter> = {
  Isolated: (cuts) =>
    function* (text) {
      for (const cut of cuts(text)) yield cut.text;
    },
  Removed: (cuts) =>
    function* (text) {
      for (const cut of cuts(text)) if (!cut.isMatch) yield cut.text;
    },
  // A match goes to the text before it, but not to another match.
  MergedWithPrevious: (cuts) => joining(cuts, (before, cut) => cut.isMatch && !before.isMatch),
  MergedWithNext: (cuts) => joining(cuts, (before, cut) => before.isMatch && !cut.isMatch),
  Contiguous: (cuts) => joining(cuts, (before, cut) => before.isMatch === cut.isMatch),
};

/** Neighbours that belong together become one; `before` is the last cut alone. */
function joining(cuts: Cutter, belongs: (before: Cut, cut: Cut) => boolean): Splitter {
  return function* (text) {
    let word = '';
    let before: Cut | undefined;
    for (const cut of cuts(text)) {
      if (before !== undefined && !belongs(before, cut)) {
        yield word;
        word = '';
      }
      word += cut.text;
      before = cut;
    }
    if (word !== '') yield word;
  };
}
