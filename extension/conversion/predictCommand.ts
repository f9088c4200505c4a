/** "Predict Performance": of a model that is here, by formula, before anything is compiled. */
import * as vscode from 'vscode';
import type { BackendSession } from '../backendSession.ts';
import { commands, titleOf } from '../commandIds.ts';
import type { ModelReports } from '../report/modelReports.ts';
import { chooseModel } from './chooseModel.ts';
import { quantizationItems } from './conversionForm.ts';

/** Throws what the backend refuses with. */
export async function predictPerformance(
  session: BackendSession,
  reports: Pick<ModelReports, 'showPrediction'>,
  given: string | undefined,
): Promise<void> {
  const command = commands.predictPerformance;
  const source = given ?? (await chooseModel(session, command, () => true));
  if (source === undefined) return;
  const quantization = await vscode.window.showQuickPick(
    quantizationItems().map(({ value, label, help }) => ({ value, label, detail: help })),
    {
      title: titleOf(command),
      placeHolder: vscode.l10n.t('How its weights would be stored.'),
      matchOnDetail: true,
    },
  );
  if (!quantization) return;
  const asked = { source, options: { quantization: quantization.value } };
  const prediction = await session.request('predict/estimate', asked);
  reports.showPrediction(session, asked, prediction);
}
