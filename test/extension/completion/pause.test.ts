import { afterEach, expect, test } from 'vitest';
import { completionHandlers } from '../../../extension/completion/completionCommands.ts';
import { CompletionContext } from '../../../extension/completion/completionContext.ts';
import { CompletionHistory } from '../../../extension/completion/history.ts';
import { CompletionPause } from '../../../extension/completion/pause.ts';
import { RecordFile } from '../../../extension/completion/recordFile.ts';
import { ReportDocuments } from '../../../extension/completion/reportDocuments.ts';
import { CompletionRules } from '../../../extension/completion/rules.ts';
import { SuggestionTracker } from '../../../extension/completion/suggestionTracker.ts';
import { FakeClock } from '../../support/fakeSession.ts';
import { fake } from '../../support/fakeVscode.ts';

afterEach(() => fake.reset());

const MINUTE = 60_000;

function setUp() {
  const clock = new FakeClock();
  const pause = new CompletionPause({
    now: () => clock.now(),
    after: (ms, callback) => clock.after(ms, callback),
  });
  let changes = 0;
  pause.onDidChange(() => changes++);
  const gate = { admits: () => true, isSent: () => true, isTooLong: () => false };
  const handlers = completionHandlers({
    pause,
    rules: new CompletionRules({ session: undefined, status: undefined }, gate, pause),
    history: new CompletionHistory(),
    tracker: new SuggestionTracker({ add: () => undefined, watch: () => undefined }),
    context: new CompletionContext(() => true),
    record: new RecordFile('/nowhere/record.json'),
    recordPath: '/nowhere/record.json',
    reports: new ReportDocuments(),
  });
  const choose = async (label: string): Promise<void> => {
    fake.entered = label;
    await handlers['tpuPilot.pauseCompletion']?.();
  };
  return { clock, pause, choose, handlers, changes: () => changes };
}

test('a pause ends by itself, and says when', async () => {
  const { clock, pause, choose, changes } = setUp();
  await choose('Pause for 10 minutes');
  expect(pause.until).toEqual(new Date(10 * MINUTE));
  clock.advance(9 * MINUTE);
  expect(pause.active).toBe(true);
  clock.advance(MINUTE);
  expect(pause.active).toBe(false);
  expect(changes()).toBe(2);
});

test('a longer pause takes the place of a shorter one', async () => {
  const { clock, pause, choose } = setUp();
  await choose('Pause for 10 minutes');
  await choose('Pause until the window is reloaded');
  clock.advance(1000 * MINUTE);
  expect(pause.active).toBe(true);
  expect(pause.until).toBeUndefined();
});

test('resuming is offered only in a pause; nothing chosen changes nothing', async () => {
  const { pause, choose, changes } = setUp();
  await choose('Resume');
  expect(changes()).toBe(0);
  await choose('Pause for an hour');
  await choose('');
  expect(pause.active).toBe(true);
  await choose('Resume');
  expect(pause.active).toBe(false);
});

test('the reports open as previews of read-only documents', async () => {
  const { handlers } = setUp();
  await handlers['tpuPilot.whyNoSuggestion']?.();
  await handlers['tpuPilot.showCompletionStatistics']?.();
  expect(fake.executed).toEqual(['markdown.showPreview', 'markdown.showPreview']);
});

test('statistics are deleted only when confirmed', async () => {
  const { handlers } = setUp();
  await handlers['tpuPilot.deleteCompletionStatistics']?.();
  expect(fake.shown).toMatchObject([{ kind: 'warning' }]);
});
