/** Writes the commit message for the changes of a repository. */
import { l10n, type LogOutputChannel, type Uri } from 'vscode';
import type { ChatMessage, ChatProgress } from '../../backend/protocol/chat.ts';
import type { BackendConnection } from '../backendConnection.ts';
import { chatContextLength } from '../chatModel.ts';
import { countBy, fitContext, promptTokens } from '../chat/fitContext.ts';
import type { DocumentGate } from '../documentGate.ts';
import { changesOf } from './changes.ts';
import { commitPrompt } from './commitPrompt.ts';
import type { GitRepository } from './git.ts';
import { tidyMessage } from './tidyMessage.ts';

/** A message is short, and nobody waits for a long one. */
const MAX_TOKENS = 256;
/** Close to the most likely words: a message is a report, not a story. */
const TEMPERATURE = 0.2;
/** Where a small model goes on with the diff instead of a message. */
const ECHOES = ['\ndiff --git ', '\n@@ ', '\n+++ '] as const;
/** Commits whose style is followed. */
const EARLIER = 10;

export interface CommitRequest {
  readonly repository: GitRepository;
  /** What the author has said or begun to write; empty for nothing. */
  readonly hint: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ChatProgress) => void;
}

export type CommitDraft =
  | {
      readonly kind: 'message';
      readonly text: string;
      /** Paths that it was written from. */
      readonly paths: readonly string[];
      /** Paths on the exclude list. */
      readonly excluded: readonly string[];
    }
  | { readonly kind: 'noChanges' }
  /** Everything that changed is on the exclude list. */
  | { readonly kind: 'allExcluded'; readonly excluded: readonly string[] }
  /** The model wrote nothing that could be a message. */
  | { readonly kind: 'empty' };

export class CommitWriter {
  constructor(
    private readonly backend: BackendConnection,
    private readonly gate: DocumentGate,
    private readonly log: Pick<LogOutputChannel, 'debug'>,
  ) {}

  /** @throws what git or the backend fails with; PilotError cancelled when the signal aborts */
  async write({ repository, hint, signal, onProgress }: CommitRequest): Promise<CommitDraft> {
    const { files, unseen, excluded } = await changesOf(repository, (uri: Uri) =>
      this.gate.admits(uri),
    );
    if (files.length + unseen.length === 0) {
      return excluded.length > 0 ? { kind: 'allExcluded', excluded } : { kind: 'noChanges' };
    }
    const facts = { files, unseen, hint, subjects: await subjectsOf(repository) };
    if (!this.backend.session) {
      onProgress?.({ kind: 'notice', message: l10n.t('Waiting for the backend') });
    }
    const session = await this.backend.ready(signal);
    const { messages } = await fitContext(
      (characters): { messages: ChatMessage[] } => ({ messages: commitPrompt(facts, characters) }),
      promptTokens(chatContextLength(this.backend.status), MAX_TOKENS),
      countBy(session, signal),
    );
    const result = await session.streamChat(
      {
        messages,
        maxTokens: MAX_TOKENS,
        sampling: { temperature: TEMPERATURE },
        stop: [...ECHOES],
        thinking: false,
      },
      onProgress ?? (() => undefined),
      signal,
    );
    const text = tidyMessage(result.text);
    this.log.debug(`Commit message: ${files.length} files, ${result.timings.totalMs} ms.`);
    if (text === '') return { kind: 'empty' };
    return { kind: 'message', text, paths: files.map(({ path }) => path), excluded };
  }
}

/** None before the first commit. */
async function subjectsOf(repository: GitRepository): Promise<string[]> {
  try {
    const commits = await repository.log({ maxEntries: EARLIER });
    return commits.map(({ message }) => message.split('\n', 1)[0] ?? '').filter(Boolean);
  } catch {
    return [];
  }
}
