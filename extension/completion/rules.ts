/** Whether suggestions are made for a document now, and if not, why. */
import type { TextDocument } from 'vscode';
import type { BackendConnection } from '../backendConnection.ts';
import type { DocumentGate } from '../documentGate.ts';
import { inlineCompletionSettings } from '../settings.ts';
import { refusalOf, type Refusal } from './fate.ts';
import type { CompletionPause } from './pause.ts';

export class CompletionRules {
  constructor(
    private readonly backend: Pick<BackendConnection, 'session' | 'status'>,
    private readonly gate: Pick<DocumentGate, 'admits' | 'isSent' | 'isTooLong'>,
    private readonly pause: Pick<CompletionPause, 'active'>,
  ) {}

  refusal(
    document: Pick<TextDocument, 'uri' | 'languageId'>,
    { enabled, languageEnabled } = inlineCompletionSettings(document),
  ): Refusal | undefined {
    const { uri } = document;
    return refusalOf({
      enabled,
      languageEnabled,
      paused: this.pause.active,
      admitted: this.gate.admits(uri),
      tooLarge: this.gate.isTooLong(uri),
      connected: this.backend.session !== undefined && this.gate.isSent(uri),
      hasModel: this.backend.status?.state !== 'noModel',
    });
  }
}
