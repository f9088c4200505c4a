/** What a conversion would do, below its form: before anything is started. */
import * as vscode from 'vscode';
import type { ConversionPlan } from '../../backend/protocol/conversion.ts';
import type { ToolchainStatus } from '../../backend/protocol/toolchain.ts';
import { html, type Html } from '../pages/html.ts';
import { formatSize } from '../pages/numbers.ts';
import { facts } from '../pages/table.ts';
import { messageOf, problemOf, type Problem } from '../problems.ts';
import { predictionCharts, predictionFacts, remedyNotice } from '../report/predictionView.ts';

type Need = ConversionPlan['disk'];

function needText({ neededBytes, freeBytes }: Need): string {
  return vscode.l10n.t('{0}, and {1} are free', formatSize(neededBytes), formatSize(freeBytes));
}

function problemNotice(problem: Problem): Html {
  return html`<div class="notice bad">
    <strong>${messageOf(problem)}</strong> ${problem.remedy}
  </div>`;
}

/** Of the plan, in the language of the editor. */
export function planProblems({ problems }: ConversionPlan): Problem[] {
  return problems.map(({ code, message, remedy }) =>
    problemOf({ code, message, data: { name: '', remedy } }),
  );
}

/** Undefined when it is there. */
function toolchainNotice({ state, missingBytes, problems }: ToolchainStatus): Html | undefined {
  const sizes = [formatSize(missingBytes.download), formatSize(missingBytes.disk)] as const;
  switch (state) {
    case 'ready':
      return undefined;
    case 'missing':
      return html`<div class="notice">
        ${vscode.l10n.t(
          'The compiler is not installed yet: {0} to download, {1} on the disk. Convert asks before it installs it.',
          ...sizes,
        )}
      </div>`;
    case 'incomplete':
      return html`<div class="notice">
        ${vscode.l10n.t(
          'The compiler is not complete: {0} Convert asks before it repairs it.',
          problems[0] ?? '',
        )}
      </div>`;
    default:
      return state satisfies never;
  }
}

export function planView(plan: ConversionPlan, toolchain: ToolchainStatus | undefined): Html {
  const { source, options, prediction, disk, memory, subModels } = plan;
  const problems = planProblems(plan);
  return html`${problems.map(problemNotice)}${toolchain && toolchainNotice(toolchain)}
    ${predictionFacts(prediction)}${remedyNotice(prediction)}
    ${facts([
      [
        vscode.l10n.t('Source'),
        vscode.l10n.t(
          '{0} of {1} layers, {2}',
          source.architecture,
          source.layers,
          source.format === 'gguf' ? 'GGUF' : 'Hugging Face',
        ),
      ],
      [vscode.l10n.t('Parts to compile'), String(subModels)],
      [vscode.l10n.t('Disk while converting'), needText(disk)],
      [vscode.l10n.t('Memory while converting'), needText(memory)],
      [
        vscode.l10n.t('Tokens of a prompt computed at once'),
        options.chunkLength === undefined ? undefined : String(options.chunkLength),
      ],
    ])}
    <details>
      <summary>${vscode.l10n.t('Charts of memory and speed')}</summary>
      ${predictionCharts(prediction)}
    </details>`;
}

/** In place of a plan, when there is none to be had. */
export function planFailure(error: unknown): Html {
  return problemNotice(problemOf(error));
}
