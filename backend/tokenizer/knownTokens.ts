/**
 * Tokens whose part is known by their text alone, because no file of a model tells it; libllama goes
 * by the same texts (llama-vocab.cpp, "special_fim_*" and "special_eog_ids").
 */

/** By family: Qwen, StarCoder and SmolLM, DeepSeek, Code Llama, GLM, Falcon. */
export const fillInTexts = {
  prefix: [
    ...['<|fim_prefix|>', '<fim-prefix>', '<fim_prefix>', '<｜fim▁begin｜>', '<PRE>', '▁<PRE>'],
    ...['<|code_prefix|>', '<|prefix|>'],
  ],
  suffix: [
    ...['<|fim_suffix|>', '<fim-suffix>', '<fim_suffix>', '<｜fim▁hole｜>', '<SUF>', '▁<SUF>'],
    ...['<|code_suffix|>', '<|suffix|>'],
  ],
  middle: [
    ...['<|fim_middle|>', '<fim-middle>', '<fim_middle>', '<｜fim▁end｜>', '<MID>', '▁<MID>'],
    ...['<|code_middle|>', '<|middle|>'],
  ],
  repository: ['<|fim_repo|>', '<|repo_name|>', '<fim-repo>', '<REPO>', '<reponame>'],
  file: ['<|file_sep|>'],
} as const;

const paddingTexts = ['<|fim_pad|>', '<fim-pad>', '<fim_pad>', '<PAD>', '[PAD]'];

/** Ends of a text, a turn or a message; and after code, whatever begins another file. */
export const endTexts: ReadonlySet<string> = new Set([
  ...['<|endoftext|>', '<|end_of_text|>', '<｜end▁of▁sentence｜>', '</s>', '[EOS]'],
  ...['<|im_end|>', '<|eot_id|>', '<|eom_id|>', '<|end|>', '<end_of_turn>', '<end_of_utterance>'],
  ...['<|return|>', '<|call|>', '<|flush|>', '<|calls|>', '<EOT>', '_<EOT>', '[EOT]'],
  ...[...paddingTexts, ...fillInTexts.repository, ...fillInTexts.file],
]);

/**
 * Does the token stand for structure, though its file does not say so? Qwen's `<|fim_prefix|>` is
 * marked as text, which a person's document must not be able to spell.
 */
export function looksSpecial(text: string): boolean {
  return /^<[|｜].*[|｜]>$/u.test(text) || /^<unused\d+>$/u.test(text) || endTexts.has(text);
}
