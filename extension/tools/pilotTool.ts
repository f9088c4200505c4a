/** What a language-model tool of ours is, and how VS Code runs it. */
import * as vscode from 'vscode';
import * as z from 'zod';
import { abortOnCancel } from '../abortOnCancel.ts';
import type { BackendConnection } from '../backendConnection.ts';
import type { BackendSession } from '../backendSession.ts';
import { isCancelled, problemOf, sentenceOf } from '../problems.ts';

/** A tool that only reads. Its answer is English: a model reads it, and says it in any language. */
export interface PilotTool<Input> {
  /** As in package.json, `contributes.languageModelTools`. */
  readonly name: string;
  readonly input: z.ZodType<Input>;
  /** What the person reads while it runs. */
  invocation(): string;
  /** Asked before it runs, when it takes something from the person. */
  confirmation?(): vscode.LanguageModelToolConfirmationMessages;
  /**
   * Short: it shares a small context with the conversation.
   * @throws what the backend refuses with
   */
  run(input: Input, session: BackendSession, signal: AbortSignal): Promise<string>;
}

type ToolLog = Pick<vscode.LogOutputChannel, 'debug' | 'warn'>;

/**
 * Failures come back as text, so that the model can pass the reason and the remedy on; only a
 * cancelled call throws.
 */
export class ToolAdapter<Input> implements vscode.LanguageModelTool<unknown> {
  constructor(
    private readonly tool: PilotTool<Input>,
    private readonly backend: BackendConnection,
    private readonly log: ToolLog,
  ) {}

  prepareInvocation(): vscode.PreparedToolInvocation {
    const confirmationMessages = this.tool.confirmation?.();
    return {
      invocationMessage: this.tool.invocation(),
      ...(confirmationMessages && { confirmationMessages }),
    };
  }

  async invoke(
    { input }: Pick<vscode.LanguageModelToolInvocationOptions<unknown>, 'input'>,
    token: vscode.CancellationToken,
  ): Promise<vscode.LanguageModelToolResult> {
    try {
      return resultOf(await abortOnCancel(token, (signal) => this.answer(input, signal)));
    } catch (error) {
      if (isCancelled(error)) throw new vscode.CancellationError();
      const problem = problemOf(error);
      this.log.warn(`Tool ${this.tool.name} failed: ${problem.message}`);
      return resultOf(`Failed: ${sentenceOf(problem)}`);
    }
  }

  private async answer(raw: unknown, signal: AbortSignal): Promise<string> {
    const { data, error } = this.tool.input.safeParse(raw ?? {});
    if (error) {
      return `Failed: the input is not valid. ${z.prettifyError(error)}\nCorrect it and call again.`;
    }
    const session = await this.backend.ready(signal);
    const text = await this.tool.run(data, session, signal);
    this.log.debug(`Tool ${this.tool.name}: ${text.length} characters.`);
    return text;
  }
}

function resultOf(text: string): vscode.LanguageModelToolResult {
  return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
}
