/**
 * An extension that calls the language model of TPU Pilot as any other extension would: it reads
 * what to do from a file in the workspace, and writes down what it got.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { CALL_FILE, ModelCall, Outcome, OUTCOME_FILE, type Part } from './call.ts';

export function activate(context: vscode.ExtensionContext): void {
  context.subscriptions.push(vscode.commands.registerCommand('modelCaller.call', callModel));
}

async function callModel(): Promise<void> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (!folder) throw new Error('no folder is open');
  const file = (name: string): string => join(folder.uri.fsPath, name);
  const call = ModelCall.parse(JSON.parse(await readFile(file(CALL_FILE), 'utf8')));
  const outcome = JSON.stringify(await outcomeOf(call));
  // In one go: who waits for the file shall not read half of it. Not by VS Code's own file system,
  // which looks at the file again afterwards, when the reader may have removed it.
  await writeFile(file('outcome.part'), outcome);
  await rename(file('outcome.part'), file(OUTCOME_FILE));
}

async function outcomeOf(call: ReturnType<typeof ModelCall.parse>): Promise<Outcome> {
  const models = await vscode.lm.selectChatModels({ vendor: 'tpu-pilot' });
  const outcome: Outcome = {
    models: models.map(({ id, name, family, maxInputTokens }) => ({
      id,
      name,
      family,
      maxInputTokens,
    })),
    parts: [],
    tokens: [],
  };
  const [model] = models;
  if (!model) return outcome;
  try {
    for (const text of call.count) outcome.tokens.push(await model.countTokens(text));
    if (call.messages.length > 0) await stream(model, call, outcome.parts);
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const code = error instanceof vscode.LanguageModelError ? error.code : '';
    outcome.error = { name, message, code };
  }
  return outcome;
}

async function stream(
  model: vscode.LanguageModelChat,
  call: ReturnType<typeof ModelCall.parse>,
  parts: Part[],
): Promise<void> {
  const source = new vscode.CancellationTokenSource();
  const { LanguageModelChatToolMode: mode } = vscode;
  const response = await model.sendRequest(
    call.messages.map(messageOf),
    {
      justification: 'a test',
      modelOptions: call.modelOptions,
      tools: call.tools.map(({ inputSchema, ...tool }) => ({ ...tool, inputSchema })),
      toolMode: call.mustCall ? mode.Required : mode.Auto,
    },
    source.token,
  );
  for await (const part of response.stream) {
    parts.push(partOf(part));
    if (parts.length === call.cancelAfter) source.cancel();
  }
}

function messageOf(
  message: ReturnType<typeof ModelCall.parse>['messages'][number],
): vscode.LanguageModelChatMessage {
  const { LanguageModelChatMessage: Message } = vscode;
  switch (message.kind) {
    case 'user':
      return Message.User(message.text);
    case 'assistant':
      return Message.Assistant(message.text);
    case 'call':
      return Message.Assistant([
        new vscode.LanguageModelToolCallPart(message.id, message.name, message.input),
      ]);
    case 'result':
      return Message.User([
        new vscode.LanguageModelToolResultPart(message.id, [
          new vscode.LanguageModelTextPart(message.text),
        ]),
      ]);
    default:
      return message satisfies never;
  }
}

function partOf(part: unknown): Part {
  if (part instanceof vscode.LanguageModelTextPart) return { kind: 'text', value: part.value };
  if (part instanceof vscode.LanguageModelToolCallPart) {
    const input = Outcome.shape.parts.element.options[1].shape.input.parse(part.input);
    return { kind: 'toolCall', name: part.name, id: part.callId, input };
  }
  if (isData(part)) {
    return { kind: 'data', mimeType: part.mimeType, value: new TextDecoder().decode(part.data) };
  }
  // Parts that the typings don't have, such as thinking, by the name of their class.
  const type = typeof part === 'object' && part !== null ? part.constructor.name : typeof part;
  return {
    kind: 'other',
    type,
    value: Outcome.shape.parts.element.options[3].shape.value.parse(
      JSON.parse(JSON.stringify(part)),
    ),
  };
}

function isData(part: unknown): part is { mimeType: string; data: Uint8Array } {
  return typeof part === 'object' && part !== null && 'mimeType' in part && 'data' in part;
}
