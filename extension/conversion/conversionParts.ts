/** Converting, verifying and predicting: the parts, wired, and the commands that use them. */
import * as vscode from 'vscode';
import type { JobInfo } from '../../backend/protocol/jobs.ts';
import type { CommandHandlers } from '../backendCommands.ts';
import type { BackendConnection } from '../backendConnection.ts';
import type { BackendSession } from '../backendSession.ts';
import { commands } from '../commandIds.ts';
import { Disposables } from '../disposables.ts';
import { InterruptedOffer } from '../jobs/interruptedOffer.ts';
import { JobLogView } from '../jobs/jobLog.ts';
import { showJobs } from '../jobs/jobMenu.ts';
import { JobRunner } from '../jobs/jobRunner.ts';
import { JobStatus } from '../jobs/jobStatus.ts';
import type { JobWatch } from '../jobs/jobWatch.ts';
import { mayStartJobs } from '../jobs/trust.ts';
import type { ModelSetup } from '../modelSetup.ts';
import { offer, offerWarning } from '../notices.ts';
import type { PageEdges } from '../pages/page.ts';
import { ModelReports, type PredictionAsked } from '../report/modelReports.ts';
import { requireAdmin } from '../requireAdmin.ts';
import { chooseModel, isConverted } from './chooseModel.ts';
import type { ConversionFields } from './conversionFields.ts';
import { ConversionPanel } from './conversionPanel.ts';
import { ModelFolders } from './modelFolders.ts';
import { predictPerformance } from './predictCommand.ts';
import { ToolchainSetup } from './toolchainSetup.ts';
import { useModel } from './useModel.ts';

export interface ConversionEdges extends PageEdges {
  readonly backend: BackendConnection;
  readonly jobs: JobWatch;
  readonly models: ModelSetup;
  readonly memory: vscode.Memento;
}

export class Conversion implements vscode.Disposable {
  private readonly own = new Disposables();
  private readonly logs: JobLogView;
  private readonly runner: JobRunner;
  private readonly toolchain: ToolchainSetup;
  private readonly reports: ModelReports;
  private panel: ConversionPanel | undefined;
  /** What jobs are about, by their ids: some do not say it when they are done. */
  private readonly verified = new Map<string, string>();
  private readonly predicted = new Map<string, PredictionAsked>();

  constructor(private readonly edges: ConversionEdges) {
    const { backend, jobs, log, memory } = edges;
    this.logs = this.own.add(new JobLogView(log));
    this.runner = new JobRunner(this.logs);
    this.toolchain = new ToolchainSetup(backend, this.runner);
    this.reports = this.own.add(
      new ModelReports(edges, {
        jobs: () => jobs.jobs,
        use: (session, model) => useModel(session, edges.models, model),
        verify: (session, model) => this.verify(session, model),
        compile: (session, asked) => this.predict(session, asked),
        convert: (session, fields) => this.openForm(session, fields),
      }),
    );
    this.runner.setOutcomes({
      convert: (session, job) => this.tellConverted(session, job),
      verify: (session, job) => this.tellVerified(session, job),
      predict: (session, job) => this.showPredicted(session, job),
      toolchain: () => this.toolchain.tellInstalled(),
    });
    this.own.add(new JobStatus(jobs));
    this.own.add(new InterruptedOffer(backend, jobs, this.runner, memory, log));
    this.own.add(new ModelFolders(log));
  }

  /** By command id. Their errors are shown by whoever registers them. */
  get handlers(): CommandHandlers {
    const { backend } = this.edges;
    const ready = async (method: string): Promise<BackendSession> => {
      backend.start();
      return requireAdmin(await backend.ready(), method);
    };
    const { runner, logs, reports } = this;
    return {
      [commands.convertModel]: async (resource: unknown) => {
        if (!(await mayStartJobs())) return;
        const source = resource instanceof vscode.Uri ? { source: resource.fsPath } : {};
        await this.openForm(await ready('convert/start'), source);
      },
      [commands.verifyModel]: async () => {
        if (!(await mayStartJobs())) return;
        const session = await ready('verify/start');
        const model = await chooseModel(session, commands.verifyModel, isConverted);
        if (model !== undefined) await this.verify(session, model);
      },
      [commands.predictPerformance]: async (resource: unknown) => {
        const session = await ready('predict/estimate');
        const source = resource instanceof vscode.Uri ? resource.fsPath : undefined;
        await predictPerformance(session, reports, source);
      },
      [commands.showModelReport]: async () => {
        const session = await ready('verify/report');
        const model = await chooseModel(session, commands.showModelReport, isConverted);
        if (model !== undefined) await reports.show(session, model);
      },
      [commands.showJobs]: () =>
        showJobs({
          backend,
          runner,
          logs,
          showReport: (session, model) => reports.show(session, model),
        }),
      [commands.installToolchain]: () => this.toolchain.install(),
    };
  }

  dispose(): void {
    this.panel?.dispose();
    this.own.dispose();
  }

  /** One form at a time: a second one would start a second conversion by mistake. */
  private async openForm(
    session: BackendSession,
    fields: Partial<ConversionFields>,
  ): Promise<void> {
    this.panel?.dispose();
    const panel = new ConversionPanel(session, {
      edges: this.edges,
      memory: this.edges.memory,
      toolchain: this.toolchain,
      follow: (on, job) => this.runner.run(on, job),
    });
    this.panel = panel;
    await panel.show(fields);
  }

  private async verify(session: BackendSession, model: string): Promise<void> {
    if (!(await mayStartJobs()) || !(await this.toolchain.ensure(session))) return;
    const job = await session.request('verify/start', { model });
    this.verified.set(job.id, model);
    await this.runner.run(session, job);
  }

  /** With the schedule that the compiler makes of one layer. */
  private async predict(session: BackendSession, asked: PredictionAsked): Promise<void> {
    if (!(await mayStartJobs()) || !(await this.toolchain.ensure(session))) return;
    const job = await session.request('predict/start', { ...asked, isCompiled: true });
    this.predicted.set(job.id, asked);
    await this.runner.run(session, job);
  }

  private async showPredicted(session: BackendSession, job: JobInfo): Promise<void> {
    const asked = this.predicted.get(job.id);
    if (!asked) return;
    const prediction = await session.request('predict/result', { job: job.id });
    this.reports.showPrediction(session, asked, prediction);
  }

  private async tellConverted(session: BackendSession, job: JobInfo): Promise<void> {
    const { model } = job;
    if (model === undefined) return;
    await offer(
      vscode.l10n.t('{0} is converted.', model),
      {
        title: vscode.l10n.t('Show Report'),
        run: () => this.reports.show(session, model),
      },
      { title: vscode.l10n.t('Verify Model'), run: () => this.verify(session, model) },
      {
        title: vscode.l10n.t('Use This Model'),
        run: () => useModel(session, this.edges.models, model),
      },
    );
  }

  private async tellVerified(session: BackendSession, job: JobInfo): Promise<void> {
    const model = this.verified.get(job.id) ?? job.model;
    if (model === undefined) return;
    const { passed, keepHigh } = await session.request('verify/report', { model });
    const showReport = {
      title: vscode.l10n.t('Show Report'),
      run: () => this.reports.show(session, model),
    };
    if (passed) {
      await offer(vscode.l10n.t('{0} passed its verification.', model), showReport, {
        title: vscode.l10n.t('Use This Model'),
        run: () => useModel(session, this.edges.models, model),
      });
      return;
    }
    const help =
      keepHigh === undefined
        ? []
        : [vscode.l10n.t('Converting it again with --keep-high {0} would help.', keepHigh)];
    const text = vscode.l10n.t('{0} failed its verification.', model);
    await offerWarning([text, ...help].join(' '), showReport);
  }
}
