/**
 * What the model is asked to do for each slash command. The code stands above these words, so that
 * the last thing the model reads is what it shall do. Pure.
 */
import type { ChatCommand } from './commands.ts';

export interface PromptFacts {
  /** Of the code, such as `typescript`. */
  readonly languageId?: string | undefined;
  /** Name of the function or class, when the code is one. */
  readonly symbol?: string | undefined;
  /** What the person typed after the command. */
  readonly request: string;
  /** Language of the explanations, in English; undefined leaves it to the model. */
  readonly proseLanguage?: string | undefined;
  /** One a line, for `/fix`. */
  readonly diagnostics?: string | undefined;
  /** For `/tests`. */
  readonly framework?: string | undefined;
  /** Name of the test file, for `/tests`. */
  readonly testFile?: string | undefined;
}

function codeOf({ symbol }: PromptFacts): string {
  return symbol === undefined ? 'the code above' : `\`${symbol}\` above`;
}

function blockOf({ languageId }: PromptFacts): string {
  return languageId === undefined ? 'one code block' : `one ${languageId} code block`;
}

function explain(facts: PromptFacts): string[] {
  return [
    `Explain ${codeOf(facts)}.`,
    'Say first what it is for, then how it works step by step, then what to watch out for.',
  ];
}

function fix(facts: PromptFacts): string[] {
  const { diagnostics = '' } = facts;
  const known = diagnostics === '' ? [] : [`Reported problems:\n${diagnostics}\n\n`];
  return [
    ...known,
    `Find and correct the mistakes in ${codeOf(facts)}.`,
    `Answer with ${blockOf(facts)} that holds all of these lines as they should be,`,
    'the unchanged ones too and nothing around them.',
    'Then say in one or two sentences what was wrong.',
  ];
}

function tests(facts: PromptFacts): string[] {
  const { framework, testFile } = facts;
  return [
    `Write unit tests for ${codeOf(facts)}${framework === undefined ? '' : ` with ${framework}`}.`,
    `Answer with ${blockOf(facts)}: the whole test file`,
    ...(testFile === undefined ? [] : [`\`${testFile}\``]),
    'with its imports. Cover the ordinary cases, the edge cases and the errors.',
  ];
}

/** Only the comment: the code can't be damaged by what the model doesn't write. */
function doc(facts: PromptFacts): string[] {
  const kind = facts.languageId === 'python' ? 'docstring' : 'documentation comment';
  return [
    `Write the ${kind} for ${codeOf(facts)}, in the usual style of its language:`,
    'what it is for, its parameters, its result and its errors.',
    `Answer with ${blockOf(facts)} that holds only the ${kind}, without the code.`,
  ];
}

function task(command: Exclude<ChatCommand, 'commit'>, facts: PromptFacts): string[] {
  switch (command) {
    case 'explain':
      return explain(facts);
    case 'fix':
      return fix(facts);
    case 'tests':
      return tests(facts);
    case 'doc':
      return doc(facts);
    default:
      return command satisfies never;
  }
}

/** The instruction of a command, with the person's own words last. */
export function promptFor(command: Exclude<ChatCommand, 'commit'>, facts: PromptFacts): string {
  const { request, proseLanguage } = facts;
  const sentences = task(command, facts);
  // Whoever typed something has chosen a language by that.
  if (request !== '') sentences.push(`\n\n${request}`);
  else if (proseLanguage !== undefined)
    sentences.push(`Write your explanations in ${proseLanguage}.`);
  return sentences.join(' ').replaceAll(/ *\n\n */g, '\n\n');
}
