/** From a backend without a model to one that answers. */
import * as vscode from 'vscode';
import { RemoteError } from '../backend/client/remoteError.ts';
import { shownName, type ModelInfo } from '../backend/protocol/models.ts';
import type { BackendConnection } from './backendConnection.ts';
import type { BackendSession } from './backendSession.ts';
import { commands } from './commandIds.ts';
import { guard } from './guard.ts';
import { showJob } from './jobs/jobProgress.ts';
import { inform } from './notices.ts';
import { backendSettings } from './settings.ts';
import { allDevicesFailed } from './statusIndicator.ts';

/** The backend's name for the model it recommends. */
const DEFAULT_MODEL = 'default';
/** Remembers that a person was asked once: the status bar keeps offering, quietly. */
const OFFERED_KEY = 'tpuPilot.offeredDefaultModel';

/** The model to load when the backend has none: what the settings name, else the default. */
export function modelToLoad(models: readonly ModelInfo[], setting: string): ModelInfo | undefined {
  const wanted = setting === '' ? DEFAULT_MODEL : setting;
  return models.find(({ id, aliases, path }) => [id, path, ...aliases].includes(wanted));
}

interface Pulled {
  readonly model: ModelInfo;
  readonly notices: readonly string[];
}

export class ModelSetup implements vscode.Disposable {
  private readonly listener: vscode.Disposable;
  private prepared: BackendSession | undefined;
  /** By source. */
  private readonly pulling = new Map<string, Promise<Pulled | undefined>>();

  constructor(
    private readonly backend: BackendConnection,
    private readonly memory: vscode.Memento,
    private readonly log: Pick<vscode.LogOutputChannel, 'info' | 'error'>,
  ) {
    this.listener = backend.onDidChange(() => this.check());
  }

  dispose(): void {
    this.listener.dispose();
  }

  /** Downloads and loads a model; a second call for the same source joins the first. */
  async getModel(source = DEFAULT_MODEL): Promise<void> {
    const pulling =
      this.pulling.get(source) ?? this.pull(source).finally(() => this.pulling.delete(source));
    this.pulling.set(source, pulling);
    const pulled = await pulling;
    if (!pulled) return;
    const { model, notices } = pulled;
    await inform(
      vscode.l10n.t('{0} is ready, from {1}.', shownName(model), model.source),
      // Such as: no hub answered, so this is a smaller model than it could be.
      ...(notices.length > 0 ? [commands.showLog] : []),
    );
  }

  /** Once for each connection: a backend attached to may say only later that it has no model. */
  private check(): void {
    const { session, status } = this.backend;
    if (!session || session === this.prepared || status?.state !== 'noModel') return;
    if (allDevicesFailed(status)) return;
    this.prepared = session;
    if (session.role === 'admin') guard(this.log, this.prepare(session));
  }

  /** Loads a model that is there, or offers to get one. */
  private async prepare(session: BackendSession): Promise<void> {
    const { models } = await session.request('model/list', null);
    const model = modelToLoad(models, backendSettings().model);
    if (model) {
      await this.load(session, model);
      return;
    }
    if (this.memory.get(OFFERED_KEY) === true) return;
    await this.memory.update(OFFERED_KEY, true);
    await inform(
      vscode.l10n.t('TPU Pilot needs a model before it can answer.'),
      commands.getDefaultModel,
      commands.openWalkthrough,
    );
  }

  /** Undefined when the person cancelled. */
  private async pull(source: string): Promise<Pulled | undefined> {
    const session = await this.backend.ready();
    const job = await session.request('model/pull', { source });
    const title =
      source === DEFAULT_MODEL
        ? vscode.l10n.t('TPU Pilot: getting the default model')
        : vscode.l10n.t('TPU Pilot: getting {0}', source);
    const ended = await showJob(session, title, job);
    for (const notice of ended.notices) this.log.info(notice);
    if (ended.error) {
      const { code, message, remedy } = ended.error;
      throw new RemoteError(code, message, { name: '', remedy });
    }
    if (ended.model === undefined) return undefined;
    const model = await session.request('model/info', { model: ended.model });
    await this.load(session, model);
    return { model, notices: ended.notices };
  }

  /** Puts a model of the store on the device; throws what the backend refuses with. */
  async load(session: BackendSession, model: ModelInfo): Promise<void> {
    this.log.info(`Loading ${shownName(model)}.`);
    const title = vscode.l10n.t('TPU Pilot: loading {0}', shownName(model));
    await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () =>
      session.request('model/load', { model: model.id }),
    );
  }
}
