/** Gathers what is known of a model and shows it as its report. */
import type * as vscode from 'vscode';
import type { JobInfo } from '../../backend/protocol/jobs.ts';
import type { ParamsOf } from '../../backend/protocol/methods.ts';
import type { Prediction } from '../../backend/protocol/prediction.ts';
import type { VerificationReport } from '../../backend/protocol/verification.ts';
import type { BackendSession } from '../backendSession.ts';
import type { ConversionFields } from '../conversion/conversionFields.ts';
import type { PageEdges } from '../pages/page.ts';
import { problemOf } from '../problems.ts';
import type { ModelReport } from './reportPage.ts';
import { ReportPanels } from './reportPanel.ts';

export type PredictionAsked = ParamsOf<'predict/estimate'>;

/** What a report leads to, and the jobs that are known. */
export interface ReportParts {
  readonly jobs: () => readonly JobInfo[];
  readonly use: (session: BackendSession, model: string) => Promise<void>;
  readonly verify: (session: BackendSession, model: string) => Promise<void>;
  readonly compile: (session: BackendSession, asked: PredictionAsked) => Promise<void>;
  readonly convert: (session: BackendSession, fields: Partial<ConversionFields>) => Promise<void>;
}

export class ModelReports implements vscode.Disposable {
  private readonly panels: ReportPanels;

  constructor(
    private readonly edges: PageEdges,
    private readonly parts: ReportParts,
  ) {
    this.panels = new ReportPanels(edges);
  }

  dispose(): void {
    this.panels.dispose();
  }

  /**
   * @param model its id, or the path of its folder
   * @throws what the backend refuses with
   */
  async show(session: BackendSession, model: string): Promise<void> {
    const [info, verification, prediction] = await Promise.all([
      this.known(session.request('model/info', { model })),
      this.known(session.request('verify/report', { model })),
      this.known(session.request('predict/estimate', { source: model })),
    ]);
    const job = this.parts.jobs().find((one) => one.kind === 'convert' && one.model === model);
    const details = job && (await this.known(session.request('job/get', { job: job.id })));
    const report: ModelReport = {
      // Not the display name, which models that were made from one another share.
      name: info?.id ?? verification?.model ?? model,
      folder: info?.path ?? verification?.folder,
      isConverted: true,
      verification,
      prediction,
      steps: details?.steps ?? [],
    };
    const { parts } = this;
    this.panels.show(model, report, {
      use: () => parts.use(session, model),
      verify: () => parts.verify(session, model),
      convertAgain: () => parts.convert(session, againFields(info?.source, verification)),
    });
  }

  /** Of a model that need not have been converted. */
  showPrediction(session: BackendSession, asked: PredictionAsked, prediction: Prediction): void {
    const { source, options } = asked;
    const { parts } = this;
    const report: ModelReport = {
      name: source.split(/[\\/]/).findLast((part) => part !== '') ?? source,
      folder: source,
      isConverted: false,
      verification: undefined,
      prediction,
      steps: [],
    };
    this.panels.show(`predicted ${source}`, report, {
      convert: () =>
        parts.convert(session, {
          source,
          ...(options?.quantization && { quantization: options.quantization }),
        }),
      compile: () => parts.compile(session, asked),
    });
  }

  /** What is not there is left out of the report; the log has the reason. */
  private async known<T>(asked: Promise<T>): Promise<T | undefined> {
    try {
      return await asked;
    } catch (error) {
      this.edges.log.info(problemOf(error).message);
      return undefined;
    }
  }
}

/** The conversion once more, with those layers in 16 bits. */
function againFields(
  source: string | undefined,
  verification: VerificationReport | undefined,
): Partial<ConversionFields> {
  return {
    ...(source !== undefined && { source }),
    ...(verification?.keepHigh !== undefined && { keepHigh: verification.keepHigh }),
  };
}
