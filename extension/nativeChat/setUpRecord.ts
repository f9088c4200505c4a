/** What the set-up of native chat has changed, so that undoing takes back exactly that. */
import type * as vscode from 'vscode';
import * as z from 'zod';

/**
 * `group`: our models are named in VS Code's list of models. `builtIn`: VS Code's own chat
 * extension was turned on. `utility`: its small requests go to our model.
 */
export const Change = z.enum(['group', 'builtIn', 'utility']);
export type Change = z.infer<typeof Change>;

const Changes = z.array(Change);
const KEY = 'tpuPilot.nativeChat';

export class SetUpRecord {
  constructor(private readonly memory: vscode.Memento) {}

  get changes(): readonly Change[] {
    return Changes.safeParse(this.memory.get(KEY)).data ?? [];
  }

  async add(change: Change): Promise<void> {
    await this.memory.update(KEY, [...new Set([...this.changes, change])]);
  }

  async remove(change: Change): Promise<void> {
    const left = this.changes.filter((other) => other !== change);
    await this.memory.update(KEY, left.length > 0 ? left : undefined);
  }
}
