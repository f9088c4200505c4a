/** The form of a conversion: what most people choose, then what few do, each with its reason. */
import * as vscode from 'vscode';
import type { CardQuantization } from '../../backend/protocol/prediction.ts';
import { html, type Html, type HtmlPart } from '../pages/html.ts';
import { choices, checkbox, textField } from '../pages/fields.ts';
import type { ConversionFields } from './conversionFields.ts';

export interface FormInput {
  readonly fields: ConversionFields;
  /** Names of models in the store that can be converted. */
  readonly models: readonly string[];
  /** The backend is on another machine: its files cannot be browsed from here. */
  readonly isRemote: boolean;
}

/** What a conversion to these weights and this arithmetic means. */
function quantizationText(quantization: CardQuantization): string {
  switch (quantization) {
    case 'w8bf16':
      return vscode.l10n.t(
        '8-bit weights, half the memory of the original and close to its answers. The usual choice.',
      );
    case 'w4bf16':
      return vscode.l10n.t(
        '4-bit weights: the fastest and the smallest, with answers that differ more. Verify it.',
      );
    case 'w8f16':
      return vscode.l10n.t(
        'Like w8bf16 with finer steps but a smaller range; for models trained in float16.',
      );
    case 'w4f16':
      return vscode.l10n.t(
        'Like w4bf16 with finer steps but a smaller range; for models trained in float16.',
      );
    case 'bf16':
      return vscode.l10n.t('Weights as they are: the largest and the slowest, for comparisons.');
    case 'f16':
      return vscode.l10n.t('Weights in float16, for small models that were trained in it.');
    default:
      return quantization satisfies never;
  }
}

const quantizations: readonly CardQuantization[] = [
  'w8bf16',
  'w4bf16',
  'w8f16',
  'w4f16',
  'bf16',
  'f16',
];

/** The usual choice first. */
export function quantizationItems(): { value: CardQuantization; label: string; help: string }[] {
  return quantizations.map((name) => ({ value: name, label: name, help: quantizationText(name) }));
}

function sourceField({ fields, models, isRemote }: FormInput): Html {
  const help = isRemote
    ? vscode.l10n.t(
        'The path of a Hugging Face folder or a GGUF file on the machine of the backend, or the name of a model in its store.',
      )
    : vscode.l10n.t(
        'A Hugging Face folder with safetensors, a GGUF file, or a model of the store. Code in a folder is never run.',
      );
  const browse: HtmlPart = !isRemote && [
    html`<button type="button" data-action="browseFolder">
      ${vscode.l10n.t('Browse Folder…')}
    </button>`,
    html`<button type="button" data-action="browseFile">
      ${vscode.l10n.t('Browse GGUF File…')}
    </button>`,
  ];
  return textField({
    name: 'source',
    label: vscode.l10n.t('Model to convert'),
    help,
    value: fields.source,
    isWide: true,
    suggestions: models,
    beside: browse,
  });
}

function advanced({ fields, isRemote }: FormInput): Html {
  const fromModel = vscode.l10n.t('From the model');
  return html`<details>
    <summary>${vscode.l10n.t('Advanced options')}</summary>
    ${checkbox({
      name: 'hasPrefixReuse',
      label: vscode.l10n.t('Reuse what a prompt shares with the one before'),
      help: vscode.l10n.t('Chat and completion live on it: only new text is computed.'),
      isChecked: fields.hasPrefixReuse,
    })}
    ${textField({
      name: 'maxInputLength',
      label: vscode.l10n.t('Longest prompt, in tokens'),
      help: vscode.l10n.t('Only without that reuse.'),
      value: fields.maxInputLength,
      placeholder: fromModel,
    })}
    ${choices({
      name: 'head',
      label: vscode.l10n.t('Output'),
      value: fields.head,
      items: [
        {
          value: 'logits',
          label: vscode.l10n.t('Logits'),
          help: vscode.l10n.t('Temperature and sampling work. Needed for chat and completion.'),
        },
        {
          value: 'token',
          label: vscode.l10n.t('The likeliest token'),
          help: vscode.l10n.t('Chosen on the chip: a little faster, always the same answer.'),
        },
      ],
    })}
    ${choices({
      name: 'prefill',
      label: vscode.l10n.t('Prompt processing'),
      value: fields.prefill,
      items: [
        {
          value: 'dynamic',
          label: vscode.l10n.t('Dynamic'),
          help: vscode.l10n.t('A short prompt takes less time than a long one.'),
        },
        {
          value: 'static',
          label: vscode.l10n.t('Static'),
          help: vscode.l10n.t('Every prompt takes the time of the longest.'),
        },
      ],
    })}
    ${textField({
      name: 'chunkLength',
      label: vscode.l10n.t('Tokens of a prompt computed at once'),
      help: vscode.l10n.t('At most half of the longest conversation.'),
      value: fields.chunkLength,
      placeholder: fromModel,
    })}
    ${textField({
      name: 'groupSize',
      label: vscode.l10n.t('Weights that share a scale'),
      help: vscode.l10n.t('Fewer are more precise and take more memory. Usually 64.'),
      value: fields.groupSize,
      placeholder: fromModel,
    })}
    ${checkbox({
      name: 'isSymmetric',
      label: vscode.l10n.t('Symmetric quantization'),
      help: vscode.l10n.t('Without zero points: slightly smaller, usually less precise.'),
      isChecked: fields.isSymmetric,
    })}
    ${checkbox({
      name: 'isEmbeddingOnDisk',
      label: vscode.l10n.t('Keep the embedding on the disk'),
      help: vscode.l10n.t("Frees the card's memory; the host looks tokens up."),
      isChecked: fields.isEmbeddingOnDisk,
    })}
    ${choices({
      name: 'devices',
      label: vscode.l10n.t('Chips that share the weights'),
      value: fields.devices,
      items: ['1', '2', '4', '8'].map((count) => ({ value: count, label: count })),
    })}
    ${textField({
      name: 'keepHigh',
      label: vscode.l10n.t('Layers kept in 16 bits'),
      help: vscode.l10n.t(
        'Counted from 0, such as 3,7-9. A failed verification names those that help.',
      ),
      value: fields.keepHigh,
    })}
    ${textField({
      name: 'out',
      label: vscode.l10n.t('Folder to make'),
      help: vscode.l10n.t('Empty: in the store of the backend, where it is found by its name.'),
      value: fields.out,
      isWide: true,
      beside:
        !isRemote &&
        html`<button type="button" data-action="browseOut">
          ${vscode.l10n.t('Browse Folder…')}
        </button>`,
    })}
  </details>`;
}

/** The region `plan` is filled when the backend has answered. */
export function conversionForm(input: FormInput): Html {
  const { fields } = input;
  return html`<h1>${vscode.l10n.t('Convert Model')}</h1>
    <p class="muted">
      ${vscode.l10n.t(
        "The vendor's compiler makes a model folder for the BM1684X on this machine; no card is needed for it. Nothing is started before you press Convert.",
      )}
    </p>
    <form data-form="conversion" novalidate>
      ${sourceField(input)}
      ${choices({
        name: 'quantization',
        label: vscode.l10n.t('Quantization'),
        value: fields.quantization,
        items: quantizationItems(),
      })}
      ${textField({
        name: 'sequenceLength',
        label: vscode.l10n.t('Longest conversation, in tokens'),
        help: vscode.l10n.t('Prompt and answer together. Longer ones take more memory and time.'),
        value: fields.sequenceLength,
        placeholder: vscode.l10n.t('From the model'),
      })}
      ${textField({
        name: 'alias',
        label: vscode.l10n.t('Name'),
        help: vscode.l10n.t('What you call the result. Empty: the name of the model.'),
        value: fields.alias,
      })}
      ${advanced(input)}
      <h2 id="plan-title">${vscode.l10n.t('What it will be')}</h2>
      <div id="plan" role="status" tabindex="-1" aria-labelledby="plan-title">
        <p class="muted">${vscode.l10n.t('Choose a model to see what becomes of it.')}</p>
      </div>
      <div class="actions">
        <button type="submit" class="primary">${vscode.l10n.t('Convert')}</button>
        <button type="button" data-action="close">${vscode.l10n.t('Cancel')}</button>
      </div>
    </form>`;
}
