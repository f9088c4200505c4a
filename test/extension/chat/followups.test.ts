import { expect, test } from 'vitest';
import type * as vscode from 'vscode';
import { ChatCommand } from '../../../extension/chat/commands.ts';
import { followups } from '../../../extension/chat/followups.ts';

function after(result: vscode.ChatResult): vscode.ChatFollowup[] {
  const context = { history: [] };
  const offered = followups.provideFollowups(result, context, {} as vscode.CancellationToken);
  return offered as vscode.ChatFollowup[];
}

test.each([undefined, ...ChatCommand.options])('after %s two things are offered', (command) => {
  const offered = after({ metadata: { sent: 'x', answer: 'y', ...(command ? { command } : {}) } });
  expect(offered).toHaveLength(2);
  for (const { prompt, label, command: next } of offered) {
    expect(label ?? prompt).not.toBe('');
    if (next !== undefined) expect(ChatCommand.options).toContain(next);
  }
});

test.each([
  ['a failure', { metadata: { sent: 'x', answer: 'y' }, errorDetails: { message: 'no' } }],
  ['an answer that never began', { metadata: { sent: 'x', answer: '' } }],
  ['somebody else’s answer', { metadata: { other: 1 } }],
  ['nothing', {}],
])('nothing is offered after %s', (_name, result) => {
  expect(after(result)).toEqual([]);
});
