/** The report of a model: how it was made, whether it is right, and how fast it will be. */
import * as vscode from 'vscode';
import type { JobStep } from '../../backend/protocol/jobs.ts';
import type { Prediction } from '../../backend/protocol/prediction.ts';
import type { VerificationReport } from '../../backend/protocol/verification.ts';
import { jobSentenceText } from '../jobs/jobText.ts';
import { html, type Html, type HtmlPart } from '../pages/html.ts';
import { formatDuration } from '../pages/numbers.ts';
import { table } from '../pages/table.ts';
import { predictionSection } from './predictionView.ts';
import { verificationSections } from './verificationView.ts';

export interface ModelReport {
  /** As people call it. */
  readonly name: string;
  readonly folder: string | undefined;
  /** False for a prediction of what has not been converted. */
  readonly isConverted: boolean;
  readonly verification: VerificationReport | undefined;
  readonly prediction: Prediction | undefined;
  /** Of its conversion, where its job is still known. */
  readonly steps: readonly JobStep[];
}

function button(action: string, text: string, isPrimary = false): Html {
  return html`<button type="button" ${isPrimary && html` class="primary"`} data-action="${action}">
    ${text}
  </button>`;
}

function actions({ isConverted, verification, prediction }: ModelReport): Html {
  const keepHigh = verification?.keepHigh;
  const buttons: HtmlPart[] = isConverted
    ? [
        button('use', vscode.l10n.t('Use This Model'), verification?.passed !== false),
        button(
          'verify',
          verification ? vscode.l10n.t('Verify Again') : vscode.l10n.t('Verify Model'),
        ),
        keepHigh !== undefined &&
          button(
            'convertAgain',
            vscode.l10n.t('Convert Again with --keep-high {0}', keepHigh),
            true,
          ),
      ]
    : [
        button('convert', vscode.l10n.t('Convert Model'), true),
        prediction?.compiler === undefined &&
          button('compile', vscode.l10n.t('Predict with the Compiler')),
      ];
  return html`<div class="actions">${buttons}</div>`;
}

function stepsSection(steps: readonly JobStep[]): Html | undefined {
  if (steps.length === 0) return undefined;
  const total = steps.reduce((sum, { seconds }) => sum + seconds, 0);
  return html`<section aria-labelledby="steps-title">
    <h2 id="steps-title">${vscode.l10n.t('Conversion')}</h2>
    ${table({
      id: 'steps',
      caption: vscode.l10n.t('{0} steps in {1}', steps.length, formatDuration(total)),
      columns: [
        {
          title: vscode.l10n.t('Step'),
          cell: ({ name }) => jobSentenceText(name),
          isRowHeading: true,
        },
        {
          title: vscode.l10n.t('Took'),
          cell: ({ seconds }) => formatDuration(seconds),
          isNumber: true,
        },
      ],
      rows: steps,
    })}
  </section>`;
}

export function reportPage(report: ModelReport): Html {
  const { name, folder, isConverted, verification, prediction, steps } = report;
  return html`<h1>${name}</h1>
    ${folder !== undefined && html`<p class="mono muted">${folder}</p>`} ${actions(report)}
    ${
      verification
        ? verificationSections(verification)
        : isConverted &&
          html`<p class="notice">
            ${vscode.l10n.t('This model has not been verified: whether it says what the original says is not known.')}
          </p>`
    }
    ${prediction && predictionSection(prediction)} ${stepsSection(steps)}`;
}
