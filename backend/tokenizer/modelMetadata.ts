/** What prompts need to know of a model, from the files of its folder. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type { FillInTokens, ModelMetadata, SpecialToken } from '../devices/device.ts';
import { samplingOfConfig } from '../devices/recommendedSampling.ts';
import { endTexts, fillInTexts } from './knownTokens.ts';
import { isSpecial } from './textEncoder.ts';
import { check, readJson, type TokenizerFile } from './tokenizerFile.ts';

const TokenIds = z.union([z.int(), z.array(z.int())]).nullish();
const Size = z.int().positive().optional();

const Config = z.object({
  model_type: z.string().optional(),
  _name_or_path: z.string().optional(),
  vocab_size: Size,
  max_position_embeddings: Size,
  eos_token_id: TokenIds,
  /** Models that also see or hear keep the numbers of their text part here. */
  text_config: z
    .object({ vocab_size: Size, max_position_embeddings: Size, eos_token_id: TokenIds })
    .optional(),
});

const GenerationConfig = z.looseObject({ eos_token_id: TokenIds });

const TokenText = z
  .union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)])
  .nullish();

const TokenizerConfig = z.object({
  bos_token: TokenText,
  eos_token: TokenText,
  add_bos_token: z.boolean().nullish(),
  model_max_length: z.number().nullish(),
  chat_template: z
    .union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))])
    .nullish(),
});

/** @throws DeviceError invalidModel, naming the damaged file */
export async function readModelMetadata(
  folder: string,
  tokenizer: TokenizerFile,
): Promise<ModelMetadata> {
  const read = async <S extends z.ZodType>(name: string, schema: S): Promise<z.output<S>> => {
    const file = path.join(folder, name);
    return check(schema, (await readJson(file)) ?? {}, file);
  };
  const config = await read('config.json', Config);
  const generation = await read('generation_config.json', GenerationConfig);
  const texts = await read('tokenizer_config.json', TokenizerConfig);

  const idOf = createLookUp(tokenizer);
  const bosToken = tokenOf(texts.bos_token, idOf);
  const ids = [generation, config, config.text_config].flatMap((file) => file?.eos_token_id ?? []);
  const eosToken = tokenOf(texts.eos_token, idOf) ?? tokenOf(textOf(tokenizer, ids[0]), idOf);
  const known = [...endTexts].flatMap((text) => idOf.added(text) ?? []);
  const endTokens = [...new Set([...ids, ...(eosToken ? [eosToken.id] : []), ...known])];
  const chatTemplate = (await readTemplate(folder)) ?? templateOf(texts.chat_template);
  const fillIn = fillInOf((text) => idOf.any(text));
  const sampling = samplingOfConfig(generation);
  const vocabularySize = Math.max(
    config.vocab_size ?? config.text_config?.vocab_size ?? 0,
    ...[tokenizer.added_tokens.map(({ id }) => id + 1), lastId(tokenizer) + 1].flat(),
  );
  return {
    architecture: config.model_type ?? '',
    name: path.basename(config._name_or_path ?? folder),
    vocabularySize,
    trainedContextLength:
      config.max_position_embeddings ?? config.text_config?.max_position_embeddings ?? 0,
    addBos: texts.add_bos_token ?? beginsWith(tokenizer, bosToken),
    endTokens: endTokens.filter((id) => id >= 0 && id < vocabularySize).sort((a, b) => a - b),
    specialTokens: tokenizer.added_tokens
      .filter(isSpecial)
      .map(({ id, content }) => ({ id, text: content }))
      .sort((a, b) => a.id - b.id),
    ...(chatTemplate !== undefined && { chatTemplate }),
    ...(bosToken && { bosToken }),
    ...(eosToken && { eosToken }),
    ...(fillIn && { fillIn }),
    ...(sampling && { sampling }),
  };
}

/** Tokens that have no bytes: those for structure, whether the files mark them or not. */
export function bytelessTokens(metadata: ModelMetadata): Set<number> {
  const { specialTokens, endTokens, bosToken, eosToken, fillIn } = metadata;
  const ends = [bosToken, eosToken].flatMap((token) => token?.id ?? []);
  const places = Object.values(fillIn ?? {}) as number[];
  return new Set([...specialTokens.map(({ id }) => id), ...endTokens, ...ends, ...places]);
}

interface LookUp {
  /** Of the added tokens only. */
  added(text: string): number | undefined;
  any(text: string): number | undefined;
}

function createLookUp({ added_tokens, model }: TokenizerFile): LookUp {
  const ids = new Map(added_tokens.map(({ content, id }) => [content, id]));
  const added = (text: string): number | undefined => ids.get(text);
  const inVocabulary = (text: string): number | undefined =>
    Object.hasOwn(model.vocab, text) ? model.vocab[text] : undefined;
  return { added, any: (text) => added(text) ?? inVocabulary(text) };
}

function tokenOf(text: string | null | undefined, idOf: LookUp): SpecialToken | undefined {
  const id = text === null || text === undefined ? undefined : idOf.any(text);
  return id === undefined ? undefined : { id, text: text ?? '' };
}

function textOf({ added_tokens, model }: TokenizerFile, id: number | undefined) {
  const added = added_tokens.find((token) => token.id === id)?.content;
  return added ?? Object.entries(model.vocab).find(([, other]) => other === id)?.[0];
}

function lastId({ model }: TokenizerFile): number {
  let last = -1;
  for (const id of Object.values(model.vocab)) last = Math.max(last, id);
  return last;
}

/** Does the original put this token before every text? Llama 3 says so here alone. */
function beginsWith({ post_processor }: TokenizerFile, bos: SpecialToken | undefined): boolean {
  const Template = z.object({
    single: z.array(z.object({ SpecialToken: z.object({ id: z.string() }).optional() })),
  });
  const Processors = z.object({ processors: z.array(z.unknown()) });
  const steps = Processors.safeParse(post_processor).data?.processors ?? [post_processor];
  return steps.some((step) => {
    const first = Template.safeParse(step).data?.single[0]?.SpecialToken;
    return first !== undefined && first.id === bos?.text;
  });
}

async function readTemplate(folder: string): Promise<string | undefined> {
  return readFile(path.join(folder, 'chat_template.jinja'), 'utf8').catch(() => undefined);
}

/** Of several templates the one for chats without more. */
function templateOf(given: z.output<typeof TokenizerConfig>['chat_template']): string | undefined {
  if (typeof given === 'string') return given;
  return (given?.find(({ name }) => name === 'default') ?? given?.[0])?.template;
}

function fillInOf(idOf: (text: string) => number | undefined): FillInTokens | undefined {
  const find = (texts: readonly string[]): number | undefined =>
    texts.map(idOf).find((id) => id !== undefined);
  const [prefix, suffix, middle] = [fillInTexts.prefix, fillInTexts.suffix, fillInTexts.middle].map(
    find,
  );
  if (prefix === undefined || suffix === undefined || middle === undefined) return undefined;
  const [repository, file] = [fillInTexts.repository, fillInTexts.file].map(find);
  return {
    ...{ prefix, suffix, middle },
    ...(repository !== undefined && { repository }),
    ...(file !== undefined && { file }),
  };
}
