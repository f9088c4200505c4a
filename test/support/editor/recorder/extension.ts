/**
 * An extension for tests: a language model that notes what VS Code sends it, and a command that does
 * what a file asks for. Both speak through a folder, see recorded.ts.
 */
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { files, folderIn, Order, type RecordedRequest } from './recorded.ts';

const folder = folderIn(process.env['HOME'] ?? '');

/** VS Code's instructions come with role 3, which the typings don't name. */
function roleOf(role: number): 'user' | 'assistant' | 'system' {
  if (role === 1) return 'user';
  return role === 2 ? 'assistant' : 'system';
}

const model: vscode.LanguageModelChatInformation & { readonly isUserSelectable: true } = {
  id: 'recorder',
  name: 'Recorder',
  family: 'recorder',
  version: '1',
  maxInputTokens: 8192,
  maxOutputTokens: 1024,
  capabilities: { toolCalling: true },
  isUserSelectable: true,
};

const provider: vscode.LanguageModelChatProvider = {
  provideLanguageModelChatInformation: () => [model],
  async provideLanguageModelChatResponse(_model, messages, options, progress) {
    const request: RecordedRequest = {
      messages: messages.map(({ role, content }) => ({
        role: roleOf(role),
        content: content
          .map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : ''))
          .join(''),
      })),
      tools: (options.tools ?? []).map(({ name, description, inputSchema }) => ({
        name,
        description,
        parameters: { ...inputSchema },
      })),
    };
    await mkdir(folder, { recursive: true });
    await appendFile(join(folder, files.requests), `${JSON.stringify(request)}\n`);
    progress.report(new vscode.LanguageModelTextPart('Recorded.'));
  },
  provideTokenCount: (_model, text) =>
    Promise.resolve(Math.ceil((typeof text === 'string' ? text : JSON.stringify(text)).length / 4)),
};

async function carryOut(order: z.output<typeof Order>): Promise<unknown> {
  switch (order.kind) {
    case 'command':
      return vscode.commands.executeCommand(order.command, ...order.args);
    case 'tool': {
      const result = await vscode.lm.invokeTool(order.tool, {
        input: order.input,
        toolInvocationToken: undefined,
      });
      return result.content.map((part) =>
        part instanceof vscode.LanguageModelTextPart ? part.value : '',
      );
    }
    case 'tools':
      return vscode.lm.tools.map(({ name, description }) => ({ name, description }));
    default:
      return order satisfies never;
  }
}

export function activate(context: vscode.ExtensionContext): void {
  context.subscriptions.push(
    vscode.lm.registerLanguageModelChatProvider('recorder', provider),
    vscode.commands.registerCommand('recorder.run', async () => {
      const order = Order.parse(JSON.parse(await readFile(join(folder, files.order), 'utf8')));
      const answer = await carryOut(order).then(
        (value) => ({ value }),
        (error: unknown) => ({ error: String(error) }),
      );
      await writeFile(join(folder, files.answer), JSON.stringify(answer));
    }),
  );
}
