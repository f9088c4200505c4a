/** Hands the parts of an answer to VS Code as they come. */
import * as vscode from 'vscode';
import type { ChatProgress, ChatResult } from '../../backend/protocol/chat.ts';
import { tellBriefly } from '../notices.ts';
import { noticeText } from '../noticeText.ts';
import { endNote } from './endNotes.ts';
import type { NewerParts } from './newerApi.ts';

/** Notices of one window that are told once only; more are not to be expected. */
const REMEMBERED = 64;

/** Tells the reader, in the status bar and, the first time, with the answer. */
export class Notices {
  private readonly told = new Set<string>();

  constructor(private readonly log: Pick<vscode.LogOutputChannel, 'info'>) {}

  /** True when it was not told before. */
  tell(notice: string): boolean {
    this.log.info(`Chat model: ${notice}`);
    tellBriefly(notice);
    if (this.told.has(notice)) return false;
    if (this.told.size >= REMEMBERED) this.told.clear();
    this.told.add(notice);
    return true;
  }
}

export class AnswerReport {
  private thinks = false;

  constructor(
    private readonly progress: vscode.Progress<vscode.LanguageModelResponsePart>,
    private readonly parts: NewerParts,
    private readonly notices: Notices,
    private readonly token: vscode.CancellationToken,
  ) {}

  readonly add = (part: ChatProgress): void => {
    switch (part.kind) {
      case 'text':
        this.report(new vscode.LanguageModelTextPart(part.text));
        break;
      case 'thinking':
        this.think(part.text);
        break;
      case 'toolCall':
        this.report(
          new vscode.LanguageModelToolCallPart(part.call.id, part.call.name, part.call.arguments),
        );
        break;
      case 'notice':
        this.notice(noticeText(part.message));
        break;
      default:
        part satisfies never;
    }
  };

  /** An answer has no place for it but the model's thoughts: in the text it would be sent back. */
  notice(message: string): void {
    if (this.notices.tell(message)) this.think(`${message}\n\n`);
  }

  end(result: ChatResult): void {
    const note = endNote(result);
    if (note !== undefined) this.report(new vscode.LanguageModelTextPart(note));
    const { Data } = this.parts;
    if (!Data) return;
    const { promptTokens, cachedTokens, generatedTokens } = result.timings;
    // As VS Code 1.139 reads it, for its display of the context's use.
    const usage = {
      prompt_tokens: promptTokens,
      completion_tokens: generatedTokens,
      total_tokens: promptTokens + generatedTokens,
      prompt_tokens_details: { cached_tokens: cachedTokens },
    };
    this.report(new Data(new TextEncoder().encode(JSON.stringify(usage)), 'usage'));
  }

  /** Editors without a place for thinking show none. */
  private think(text: string): void {
    const { Thinking } = this.parts;
    if (!Thinking) return;
    this.send(new Thinking(text));
    this.thinks = true;
  }

  private report(part: vscode.LanguageModelResponsePart): void {
    const { Thinking } = this.parts;
    if (this.thinks && Thinking) {
      this.thinks = false;
      // How VS Code 1.139 marks the end of its own models' thinking.
      this.send(new Thinking('', '', { vscode_reasoning_done: true }));
    }
    this.send(part);
  }

  private send(part: vscode.LanguageModelResponsePart): void {
    if (!this.token.isCancellationRequested) this.progress.report(part);
  }
}
