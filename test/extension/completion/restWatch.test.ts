import { afterEach, expect, test, vi } from 'vitest';
import type * as vscode from 'vscode';
import { BackendConnection } from '../../../extension/backendConnection.ts';
import { CompletionContext } from '../../../extension/completion/completionContext.ts';
import { CompletionPause } from '../../../extension/completion/pause.ts';
import { RestWatch } from '../../../extension/completion/restWatch.ts';
import { CompletionRules } from '../../../extension/completion/rules.ts';
import { DocumentGate } from '../../../extension/documentGate.ts';
import { FakeClock, FakeConnector, FakeSession } from '../../support/fakeSession.ts';
import { fake, Position, Uri } from '../../support/fakeVscode.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const made: { dispose(): void }[] = [];

afterEach(() => {
  for (const item of made.splice(0)) item.dispose();
  fake.reset();
});

async function setUp() {
  const session = new FakeSession();
  const connector = new FakeConnector();
  connector.queue(session);
  const backend = new BackendConnection(connector, quiet);
  const gate = new DocumentGate(['**/.env']);
  const pause = new CompletionPause();
  const rules = new CompletionRules(backend, gate, pause);
  const clock = new FakeClock();
  const refreshed: number[] = [];
  const context = new CompletionContext(
    () => true,
    {
      near: (_, line) => Promise.resolve(void refreshed.push(line)).then(() => []),
      forget: () => undefined,
    },
    { isTrusted: () => true, tabs: () => [], after: () => Promise.resolve() },
  );
  const watch = new RestWatch({ backend, rules, context, log: quiet, clock });
  made.push(backend, pause, watch);
  backend.start();
  await backend.ready();
  const warmed = (): unknown[] =>
    session.notifications
      .filter(({ method }) => method === 'completion/warm')
      .map(({ params }) => (params as { position: unknown }).position);
  /** Rests the cursor at a line, for as long as everything takes. */
  const restAt = async (line: number, path = '/p/a.ts'): Promise<void> => {
    const document = {
      uri: Uri.file(path),
      languageId: 'typescript',
      version: 1,
      isClosed: false,
      getText: () => 'text',
    };
    await gate.didOpen(document as unknown as vscode.TextDocument, () => Promise.resolve());
    fake.activeEditor = { document, selection: { active: new Position(line, 0) } };
    fake.moveCursor();
    const before = refreshed.length;
    clock.advance(2500);
    if (path !== '/p/.env' && !pause.active) {
      await vi.waitUntil(() => refreshed.length > before, { interval: 1 });
    }
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, pause, watch, warmed, restAt, refreshed };
}

test('where the cursor rests, context is gathered and the prompt warmed, once', async () => {
  const { warmed, restAt, refreshed } = await setUp();
  await restAt(3);
  await restAt(3);
  expect(warmed()).toEqual([{ line: 3, character: 0 }]);
  await restAt(4);
  expect(warmed()).toHaveLength(2);
  expect(refreshed).toEqual([3, 3, 4]);
});

test('while somebody moves on, nothing is done', async () => {
  const { clock, refreshed, restAt } = await setUp();
  await restAt(1);
  for (let i = 0; i < 20; i++) {
    fake.moveCursor();
    clock.advance(100);
  }
  expect(refreshed).toEqual([1]);
});

test('nothing is done for excluded files, in a pause, or in a window in the background', async () => {
  const { pause, warmed, restAt } = await setUp();
  await restAt(1, '/p/.env');
  pause.start(Infinity);
  await restAt(2);
  pause.resume();
  fake.focused = false;
  await restAt(3);
  expect(warmed()).toEqual([]);
});

test('where a request was just made, the device is warm', async () => {
  const { watch, warmed, restAt } = await setUp();
  const document = { uri: Uri.file('/p/a.ts'), version: 1 };
  watch.asked(
    document as unknown as vscode.TextDocument,
    new Position(7, 0) as unknown as vscode.Position,
    [],
  );
  await restAt(7);
  expect(warmed()).toEqual([]);
});
