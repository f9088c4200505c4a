import { afterEach, beforeEach, expect, test } from 'vitest';
import type * as vscode from 'vscode';
import { AGENT_NAME } from '../../../extension/nativeChat/agent.ts';
import type { EditorChat, UtilitySetting } from '../../../extension/nativeChat/internals.ts';
import { NativeChat } from '../../../extension/nativeChat/nativeChat.ts';
import { fake } from '../../support/fakeVscode.ts';

/** VS Code's chat as a fresh profile has it. */
class FakeEditorChat implements EditorChat {
  readonly done: string[] = [];
  lacking: string[] = [];
  builtIn = false;
  /** False: the built-in extension does not exist, as in VSCodium. */
  hasBuiltIn = true;
  groups: string[] = [];
  setting: UtilitySetting = 'unset';
  /** How changing the groups fails, if it does. */
  fault: Error | undefined;

  missing(): Promise<readonly string[]> {
    return Promise.resolve(this.lacking);
  }

  isBuiltInOn(): Promise<boolean> {
    return Promise.resolve(this.builtIn);
  }

  turnBuiltInOn(): Promise<boolean> {
    this.done.push('turnBuiltInOn');
    this.builtIn = this.hasBuiltIn;
    return Promise.resolve(this.builtIn);
  }

  addGroup({ name }: { name: string }): Promise<boolean> {
    this.done.push('addGroup');
    if (this.fault) return Promise.reject(this.fault);
    if (this.groups.includes(name)) return Promise.resolve(false);
    this.groups.push(name);
    return Promise.resolve(true);
  }

  removeGroup({ name }: { name: string }): Promise<boolean> {
    this.done.push('removeGroup');
    if (this.fault) return Promise.reject(this.fault);
    this.groups = this.groups.filter((other) => other !== name);
    return Promise.resolve(true);
  }

  utilitySetting(): UtilitySetting {
    return this.setting;
  }

  setUtility(on: boolean): Promise<void> {
    this.done.push(`setUtility ${on}`);
    this.setting = on ? 'ours' : 'unset';
    return Promise.resolve();
  }

  openChat(mode: string, vendor: string): Promise<void> {
    this.done.push(`openChat ${mode} ${vendor}`);
    return Promise.resolve();
  }
}

let editor: FakeEditorChat;
let stored: Map<string, unknown>;
let chat: NativeChat;

beforeEach(() => {
  editor = new FakeEditorChat();
  stored = new Map();
  const memory: Pick<vscode.Memento, 'get' | 'update'> = {
    get: (key: string) => stored.get(key),
    update: (key: string, value: unknown) => Promise.resolve(void stored.set(key, value)),
  };
  const quiet = { info: () => undefined, warn: () => undefined };
  chat = new NativeChat(memory as unknown as vscode.Memento, quiet, editor);
});
afterEach(() => fake.reset());

async function setUp(answer = 'Set Up'): Promise<void> {
  fake.press = answer;
  await chat.setUp();
}

const lastMessage = (): string => fake.shown.at(-1)?.message ?? '';

test('nothing is changed without consent', async () => {
  await setUp('Cancel');
  expect(editor.done).toEqual([]);
  expect(fake.shown).toHaveLength(1);
});

test('a fresh profile gets all of it, and undoing takes back what can be', async () => {
  await setUp();
  expect(editor).toMatchObject({ builtIn: true, groups: ['TPU Pilot'], setting: 'ours' });
  expect(fake.shown.at(-1)?.buttons).toEqual(['Open Agent']);

  await chat.undo();
  expect(editor).toMatchObject({ groups: [], setting: 'unset' });
  expect(lastMessage()).toContain('was undone');
  expect(lastMessage()).toContain('stays on');

  await chat.undo();
  expect(lastMessage()).toBe('TPU Pilot has changed nothing in native chat.');
});

test('a second set-up changes nothing, and what it did is still undone', async () => {
  await setUp();
  editor.done.length = 0;
  await setUp();
  expect(editor.done).toEqual(['addGroup']);
  await chat.undo();
  expect(editor).toMatchObject({ groups: [], setting: 'unset' });
});

test('what was so before is left alone, when setting up and when undoing', async () => {
  Object.assign(editor, { builtIn: true, groups: ['TPU Pilot'], setting: 'chosen' });
  await setUp();
  await chat.undo();
  expect(editor.done).toEqual(['addGroup']);
  expect(editor).toMatchObject({ groups: ['TPU Pilot'], setting: 'chosen' });
  expect(lastMessage()).toBe('TPU Pilot has changed nothing in native chat.');
});

test('a setting that a person has changed since stays', async () => {
  await setUp();
  editor.setting = 'chosen';
  await chat.undo();
  expect(editor.setting).toBe('chosen');
  expect(editor.done).not.toContain('setUtility false');
});

test('a VS Code without the setting is set up all the same', async () => {
  editor.setting = 'unknown';
  await setUp();
  expect(editor.groups).toEqual(['TPU Pilot']);
  expect(editor.done).not.toContain('setUtility true');
  expect(fake.shown.at(-1)?.kind).toBe('information');
});

test('an editor without a chat is told what works and that nothing was changed', async () => {
  editor.lacking = ['workbench.action.chat.open'];
  await chat.setUp();
  await chat.openAgent();
  expect(editor.done).toEqual([]);
  expect(fake.shown.map(({ kind }) => kind)).toEqual(['warning', 'warning']);
  expect(lastMessage()).toMatch(/^Fake 1\.104\.0 has no chat.*chat needs VS Code\.$/);
});

test('without the built-in extension the set-up ends there, and names VSCodium', async () => {
  editor.hasBuiltIn = false;
  await setUp();
  expect(editor.done).toEqual(['turnBuiltInOn']);
  expect(fake.shown.at(-1)).toMatchObject({ kind: 'warning' });
  expect(lastMessage()).toContain('VSCodium');
});

test('a step that is refused names the manual way; what was done before can be undone', async () => {
  editor.fault = new Error('Vendor tpu-pilot not found.');
  await setUp();
  expect(lastMessage()).toContain('"Chat: Manage Language Models"');
  expect(editor.setting).toBe('unset');
  expect([...stored.values()]).toEqual([['builtIn']]);
});

test('undoing that fails names the manual way, and can be tried again', async () => {
  await setUp();
  editor.fault = new Error('no such file');
  await chat.undo();
  expect(fake.shown.at(-1)?.kind).toBe('warning');
  expect(lastMessage()).toContain('could not be removed');
  expect(lastMessage()).not.toContain('was undone');
  editor.fault = undefined;
  await chat.undo();
  expect(editor.groups).toEqual([]);
});

test('a record that something else has written counts as none', async () => {
  stored.set('tpuPilot.nativeChat', { group: true });
  await chat.undo();
  expect(editor.done).toEqual([]);
});

test('the agent opens with our model, once native chat works', async () => {
  await chat.openAgent();
  expect(fake.shown.at(-1)?.buttons).toEqual(['Set Up Native Chat']);
  await setUp();
  await chat.openAgent();
  expect(editor.done.at(-1)).toBe(`openChat ${AGENT_NAME} tpu-pilot`);
});
