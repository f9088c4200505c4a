/** What the form of a conversion holds, as the backend is asked for it. */
import * as vscode from 'vscode';
import * as z from 'zod';
import type { ConvertParams } from '../../backend/protocol/conversion.ts';
import { ModelAlias } from '../../backend/protocol/models.ts';
import { CardQuantization } from '../../backend/protocol/prediction.ts';
import type { FormValues } from '../pages/messages.ts';
import { parseLayers } from './layerList.ts';

/** Every field with what it holds when nothing was chosen. An empty text leaves it to the model. */
export const ConversionFields = z.object({
  source: z.string().catch(''),
  alias: z.string().catch(''),
  out: z.string().catch(''),
  quantization: CardQuantization.catch('w8bf16'),
  sequenceLength: z.string().catch(''),
  hasPrefixReuse: z.boolean().catch(true),
  maxInputLength: z.string().catch(''),
  head: z.enum(['logits', 'token']).catch('logits'),
  prefill: z.enum(['dynamic', 'static']).catch('dynamic'),
  chunkLength: z.string().catch(''),
  groupSize: z.string().catch(''),
  isSymmetric: z.boolean().catch(false),
  isEmbeddingOnDisk: z.boolean().catch(false),
  devices: z.enum(['1', '2', '4', '8']).catch('1'),
  keepHigh: z.string().catch(''),
});
export type ConversionFields = z.infer<typeof ConversionFields>;
type FieldName = keyof ConversionFields;

export type FieldErrors = Readonly<Partial<Record<FieldName, string>>>;

const LARGEST = 1_000_000;
const devices = { '1': 1, '2': 2, '4': 4, '8': 8 } as const;

/** What belongs to one model is not suggested for the next. */
export function withoutModel(fields: ConversionFields): ConversionFields {
  return { ...fields, source: '', alias: '', out: '', keepHigh: '' };
}

/** A count of tokens or weights; undefined for none, and an error for what is neither. */
function countOf(
  text: string,
  name: FieldName,
  errors: Partial<Record<FieldName, string>>,
): number | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const count = Number(trimmed);
  if (/^\d+$/.test(trimmed) && count >= 1 && count <= LARGEST) return count;
  errors[name] = vscode.l10n.t('A whole number from 1 to {0}, or nothing.', LARGEST);
  return undefined;
}

/** What the backend cannot know better; the rest is its to judge, with the model at hand. */
export function readFields(
  values: FormValues,
): { readonly params: ConvertParams } | { readonly errors: FieldErrors } {
  const fields = ConversionFields.parse(values);
  const errors: Partial<Record<FieldName, string>> = {};
  const source = fields.source.trim();
  const alias = fields.alias.trim();
  const out = fields.out.trim();
  if (source === '') {
    errors.source = vscode.l10n.t('Name a folder, a GGUF file or a model of the store.');
  }
  if (alias !== '' && !ModelAlias.safeParse(alias).success) {
    errors.alias = vscode.l10n.t('Use letters, digits, dots, dashes and underscores.');
  }
  if (out !== '' && !/^(\/|[A-Za-z]:[\\/])/.test(out)) {
    errors.out = vscode.l10n.t('Give the whole path of the folder.');
  }
  const keepHigh = fields.keepHigh.trim() === '' ? [] : parseLayers(fields.keepHigh);
  if (!keepHigh) {
    errors.keepHigh = vscode.l10n.t('Layers are numbers and ranges, such as 3,7-9.');
  }
  const count = (name: 'sequenceLength' | 'maxInputLength' | 'chunkLength' | 'groupSize') => {
    const value = countOf(fields[name], name, errors);
    return value === undefined ? {} : { [name]: value };
  };
  const options: ConvertParams['options'] = {
    quantization: fields.quantization,
    ...count('sequenceLength'),
    hasPrefixReuse: fields.hasPrefixReuse,
    // Without a meaning while the prefix is kept.
    ...(fields.hasPrefixReuse ? {} : count('maxInputLength')),
    head: fields.head,
    prefill: fields.prefill,
    ...count('chunkLength'),
    ...count('groupSize'),
    isSymmetric: fields.isSymmetric,
    isEmbeddingOnDisk: fields.isEmbeddingOnDisk,
    devices: devices[fields.devices],
    keepHigh: keepHigh ?? [],
    slots: 1,
    target: 'bm1684x',
  };
  if (Object.keys(errors).length > 0) return { errors };
  return {
    params: {
      source,
      ...(alias !== '' && { alias }),
      ...(out !== '' && { out }),
      options,
    },
  };
}
