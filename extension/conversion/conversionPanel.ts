/** The form of a conversion in the editor: plans while it is filled in, and starts when told to. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { ConvertParams } from '../../backend/protocol/conversion.ts';
import type { JobInfo } from '../../backend/protocol/jobs.ts';
import type { ToolchainStatus } from '../../backend/protocol/toolchain.ts';
import type { BackendSession } from '../backendSession.ts';
import { commands, titleOf } from '../commandIds.ts';
import { Disposables } from '../disposables.ts';
import { mayStartJobs } from '../jobs/trust.ts';
import { html, type Html } from '../pages/html.ts';
import type { FormValues, PageMessage } from '../pages/messages.ts';
import { Page, type PageEdges } from '../pages/page.ts';
import { isCancelled } from '../problems.ts';
import { conversionForm } from './conversionForm.ts';
import { ConversionFields, readFields, withoutModel } from './conversionFields.ts';
import { planFailure, planProblems, planView } from './planView.ts';
import type { ToolchainSetup } from './toolchainSetup.ts';

/** What the last conversion was asked for, so that the next form starts with it. */
const REMEMBERED_KEY = 'tpuPilot.conversionFields';

export interface ConversionPanelParts {
  readonly edges: PageEdges;
  readonly memory: vscode.Memento;
  readonly toolchain: Pick<ToolchainSetup, 'ensure'>;
  readonly follow: (session: BackendSession, job: JobInfo) => Promise<void>;
}

export class ConversionPanel implements vscode.Disposable {
  private readonly own = new Disposables();
  private readonly page: Page;
  /** Of the plan that is being made. */
  private planning: AbortController | undefined;
  private compiler: Promise<ToolchainStatus> | undefined;
  private isStarting = false;

  readonly onDidClose: vscode.Event<void>;

  constructor(
    private readonly session: BackendSession,
    private readonly parts: ConversionPanelParts,
  ) {
    this.page = this.own.add(new Page('conversion', parts.edges));
    this.onDidClose = this.page.onDidClose;
    this.own.add(this.page.onDidClose(() => this.planning?.abort()));
  }

  /** @param chosen what is known of the form already */
  async show(chosen: Partial<ConversionFields>): Promise<void> {
    const { models } = await this.session.request('model/list', null);
    const remembered = this.parts.memory.get(REMEMBERED_KEY) ?? {};
    const fields = ConversionFields.parse({ ...remembered, ...chosen });
    const body = conversionForm({
      fields,
      models: models.filter(({ format }) => format !== 'bmodel').map(({ id }) => id),
      isRemote: this.session.remote,
    });
    this.page.show(titleOf(commands.convertModel), body, (message) => this.take(message));
    this.page.reveal();
  }

  dispose(): void {
    this.own.dispose();
  }

  private async take(message: PageMessage): Promise<void> {
    if (message.type === 'form') {
      await (message.isSubmitted ? this.start(message.values) : this.plan(message.values, false));
      return;
    }
    switch (message.action) {
      case 'browseFolder':
        await this.browse('source', { canSelectFolders: true, canSelectFiles: false });
        return;
      case 'browseFile':
        await this.browse('source', { filters: { GGUF: ['gguf'] } });
        return;
      case 'browseOut':
        await this.browseOut();
        return;
      case 'close':
        this.dispose();
        return;
    }
  }

  private async browse(name: string, options: vscode.OpenDialogOptions): Promise<void> {
    const [chosen] = (await vscode.window.showOpenDialog(options)) ?? [];
    if (chosen) await this.page.tell({ type: 'field', name, value: chosen.fsPath });
  }

  /** A folder that does not exist yet, in one that does. */
  private async browseOut(): Promise<void> {
    const [parent] =
      (await vscode.window.showOpenDialog({
        canSelectFolders: true,
        canSelectFiles: false,
        openLabel: vscode.l10n.t('Make It Here'),
      })) ?? [];
    if (!parent) return;
    const value = path.join(parent.fsPath, 'bm1684x-model');
    await this.page.tell({ type: 'field', name: 'out', value });
  }

  /**
   * Shows what the fields would give. Undefined when they are wrong or something stands in the way;
   * that is shown too.
   */
  private async plan(values: FormValues, hasFocus: boolean): Promise<ConvertParams | undefined> {
    this.planning?.abort();
    const turn = new AbortController();
    this.planning = turn;
    const read = readFields(values);
    const errors = 'errors' in read ? read.errors : {};
    // An empty form is no mistake yet.
    const isEmpty = values['source'] === '' && !hasFocus;
    await this.page.tell({ type: 'errors', errors: isEmpty ? {} : errors, hasFocus });
    if ('errors' in read) return undefined;
    await this.showPlan(html`<p class="muted">${vscode.l10n.t('Working it out…')}</p>`);
    try {
      this.compiler ??= this.session.request('toolchain/status', null);
      const [plan, toolchain] = await Promise.all([
        this.session.request('convert/plan', read.params, turn.signal),
        // A plan needs no compiler.
        this.compiler.catch(() => undefined),
      ]);
      if (turn.signal.aborted) return undefined;
      const isPossible = planProblems(plan).length === 0;
      await this.showPlan(planView(plan, toolchain), hasFocus && !isPossible);
      return isPossible ? read.params : undefined;
    } catch (error) {
      if (turn.signal.aborted || isCancelled(error)) return undefined;
      await this.showPlan(planFailure(error), hasFocus);
      return undefined;
    }
  }

  private async showPlan(content: Html, hasFocus = false): Promise<void> {
    await this.page.tell({ type: 'region', id: 'plan', html: content.toString(), hasFocus });
  }

  private async start(values: FormValues): Promise<void> {
    // A second press while the first is being looked at.
    if (this.isStarting) return;
    this.isStarting = true;
    try {
      const params = await this.plan(values, true);
      if (!params || !(await mayStartJobs())) return;
      const { session, parts } = this;
      if (!(await parts.toolchain.ensure(session))) {
        this.compiler = undefined;
        return;
      }
      const job = await session.request('convert/start', params);
      const remembered = withoutModel(ConversionFields.parse(values));
      await parts.memory.update(REMEMBERED_KEY, remembered);
      this.dispose();
      await parts.follow(session, job);
    } finally {
      this.isStarting = false;
    }
  }
}
