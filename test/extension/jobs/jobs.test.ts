/** What people see of jobs: the status bar, the list, the log, and how they end. */
import { afterEach, expect, test, vi } from 'vitest';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { jobSentence, jobTable } from '../../../backend/protocol/jobSentences.ts';
import type { JobInfo } from '../../../backend/protocol/jobs.ts';
import { InterruptedOffer } from '../../../extension/jobs/interruptedOffer.ts';
import { JobLogView } from '../../../extension/jobs/jobLog.ts';
import {
  jobActions,
  jobItems,
  showJobs,
  type JobMenuParts,
} from '../../../extension/jobs/jobMenu.ts';
import { JobRunner } from '../../../extension/jobs/jobRunner.ts';
import { JobStatus } from '../../../extension/jobs/jobStatus.ts';
import { JobWatch } from '../../../extension/jobs/jobWatch.ts';
import { progressMessage } from '../../../extension/jobs/jobProgress.ts';
import { detailOf, jobSentenceText, timeLeftText } from '../../../extension/jobs/jobText.ts';
import { EventEmitter, fake } from '../../support/fakeVscode.ts';
import { FakeClock, FakeSession } from '../../support/fakeSession.ts';
import { jobInfo } from '../../support/jobInfo.ts';
import { fakeMemory } from '../../support/fakeMemory.ts';
import { download } from '../../support/statusInput.ts';

const bundleFile = path.join(import.meta.dirname, '../../../extension/l10n/bundle.l10n.zh-cn.json');
const chinese = JSON.parse(readFileSync(bundleFile, 'utf8')) as Record<string, string>;
const made: { dispose(): void }[] = [];
const log = { info: () => undefined, error: (text: unknown) => void logged.push(String(text)) };
let logged: string[] = [];

afterEach(() => {
  for (const item of made.splice(0)) item.dispose();
  logged = [];
  fake.reset();
});

/** A watch that is connected to a session. */
async function watching(session: FakeSession): Promise<JobWatch> {
  const changed = new EventEmitter<void>();
  const watch = new JobWatch({ session, onDidChange: changed.event }, log);
  made.push(watch);
  changed.fire();
  await vi.waitUntil(() => session.requests.length > 0);
  // Its answer.
  await new Promise((resolve) => setImmediate(resolve));
  return watch;
}

const runner = (after?: (ms: number, callback: () => void) => { dispose(): void }): JobRunner =>
  new JobRunner(new JobLogView(log, after));

test('the watch knows the jobs that were there, and those that come', async () => {
  const done = jobInfo({ id: 'convert-0', state: 'done' });
  const session = new FakeSession({ 'job/list': () => ({ jobs: [done] }) });
  const watch = await watching(session);
  session.emit('job/changed', jobInfo());
  session.emit('job/changed', download);
  expect(watch.jobs.map(({ id }) => id)).toEqual(['job1', 'convert-1', 'convert-0']);
  expect(watch.download?.id).toBe('job1');
  expect(watch.work?.id).toBe('convert-1');
  session.emit('job/changed', jobInfo({ state: 'interrupted' }));
  expect(watch.work).toBeUndefined();
});

test('of several jobs the one that runs is shown', async () => {
  const session = new FakeSession();
  const watch = await watching(session);
  session.emit('job/changed', jobInfo({ id: 'a', state: 'queued' }));
  session.emit('job/changed', jobInfo({ id: 'b' }));
  session.emit('job/changed', jobInfo({ id: 'c', state: 'queued' }));
  expect(watch.work?.id).toBe('b');
});

test('jobs are not asked for without the role admin', async () => {
  const session = new FakeSession({}, false, 'user');
  const changed = new EventEmitter<void>();
  made.push(new JobWatch({ session, onDidChange: changed.event }, log));
  changed.fire();
  await Promise.resolve();
  expect(session.requests).toEqual([]);
});

test.each(Object.entries(jobTable))('%s is told in the language of the editor', (_, template) => {
  const sentence = template.replace(/\{(\w+)\}/g, '$1-1.x');
  expect(jobSentenceText(sentence)).toBe(sentence);
  fake.bundle = { [template]: `译：${template}` };
  expect(jobSentenceText(sentence)).toBe(`译：${sentence}`);
});

test('a title, a step and what became of a job are in the language of the editor', async () => {
  fake.bundle = chinese;
  const job = jobInfo({
    title: jobSentence('convertModel', { model: 'tiny' }),
    step: jobSentence('compileNet', { net: 'block_0', number: 2, total: 9 }),
  });
  const english = /Convert|Compiling/;
  expect(jobItems([job])[0]?.label).toContain('转换 tiny');
  expect(detailOf(job)).toContain('block_0');
  expect(detailOf(job)).not.toMatch(english);
  expect(progressMessage(job)).not.toMatch(english);
  const ended: JobInfo = { ...job, state: 'cancelled' };
  await new JobRunner(new JobLogView(log)).tell(new FakeSession(), ended);
  expect(fake.shown.map(({ message }) => message).join()).toContain('转换 tiny');
});

test('what a newer backend calls a job is shown as it came', () => {
  expect(jobSentenceText('Frobnicating x')).toBe('Frobnicating x');
});

test('the status bar shows long work while there is some, with what is left', async () => {
  const session = new FakeSession();
  const watch = await watching(session);
  made.push(new JobStatus(watch));
  expect(fake.statusItems.size).toBe(0);
  session.emit('job/changed', jobInfo({ secondsLeft: 130 }));
  expect(fake.statusItems.get('tpuPilot.job')).toMatchObject({
    text: '$(sync~spin) Conversion 42 %',
    tooltip: 'Convert tiny · Compiling block_1 · 3 min left',
    command: 'tpuPilot.showJobs',
    accessibilityInformation: { role: 'button' },
  });
  session.emit('job/changed', jobInfo({ state: 'done' }));
  expect(fake.statusItems.size).toBe(0);
});

test.each([
  [undefined, undefined],
  [3, '5 s left'],
  [42, '45 s left'],
  [61, '2 min left'],
  [7800, '2 h 10 min left'],
])('%s seconds are %s', (secondsLeft, text) => {
  expect(timeLeftText({ ...(secondsLeft !== undefined && { secondsLeft }) })).toBe(text);
});

test('an error of a job is told in the language of the editor', () => {
  fake.bundle = { 'The compiler is not installed: {reason}': '编译器尚未安装：{reason}' };
  const error = { code: 1601, message: 'The compiler is not installed: gone', remedy: 'x' };
  expect(detailOf(jobInfo({ state: 'failed', error }))).toBe('编译器尚未安装：gone.');
});

test('a conversion that is cancelled can be resumed from its message', async () => {
  const session = new FakeSession({
    'job/get': () => jobInfo(),
    'job/cancel': () => jobInfo({ state: 'cancelled', isResumable: true }),
    'job/resume': () => jobInfo({ state: 'done', model: 'tiny' }),
  });
  const done: (string | undefined)[] = [];
  const jobs = runner();
  jobs.setOutcomes({ convert: (_, { model }) => Promise.resolve(void done.push(model)) });
  fake.press = 'Resume';
  const running = jobs.run(session, jobInfo());
  await vi.waitUntil(() => fake.progress.length > 0);
  fake.cancelProgress();
  await vi.waitUntil(() => fake.shown.length > 0);
  session.emit('job/changed', jobInfo({ state: 'done', model: 'tiny' }));
  await vi.waitUntil(() => session.requests.some(({ method }) => method === 'job/resume'));
  await vi.waitUntil(() => fake.progress.length > 1);
  session.emit('job/changed', jobInfo({ state: 'done', model: 'tiny' }));
  await running;
  expect(fake.shown).toMatchObject([
    {
      kind: 'information',
      message: 'Conversion cancelled: Convert tiny. What was done is kept.',
      buttons: ['Resume', 'Show Job Log'],
    },
  ]);
  expect(done).toEqual(['tiny']);
});

test('a job that has failed says why, and shows its log', async () => {
  const error = { code: 1203, message: 'model is not a usable model: cut short', remedy: 'x' };
  const failed = jobInfo({ state: 'failed', error });
  const session = new FakeSession({
    'job/get': () => failed,
    'job/log': ({ from }) => ({ lines: from === 0 ? ['one', 'two'] : [], next: 2 }),
  });
  fake.press = 'Show Job Log';
  await runner().run(session, failed);
  expect(fake.shown[0]?.message).toContain('is not a usable model: cut short');
  expect(fake.shown[0]?.buttons).toEqual(['Show Job Log']);
  expect(fake.channels.get('TPU Pilot Jobs')).toEqual(['Convert tiny (convert-1)', 'one', 'two']);
});

test('the log follows a job until it has ended', async () => {
  const clock = new FakeClock();
  const lines = ['one'];
  let state: JobInfo['state'] = 'running';
  const session = new FakeSession({
    'job/get': () => jobInfo({ state }),
    'job/log': ({ from = 0 }) => ({ lines: lines.slice(from), next: lines.length }),
  });
  const view = new JobLogView(log, (ms, callback) => clock.after(ms, callback));
  made.push(view);
  await view.show(session, jobInfo());
  const shown = (): string[] => fake.channels.get('TPU Pilot Jobs') ?? [];
  expect(shown()).toEqual(['Convert tiny (convert-1)', 'one']);
  lines.push('two');
  state = 'done';
  await vi.waitUntil(() => {
    clock.advance(1000);
    return shown().includes('two');
  });
  const asked = session.requests.length;
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(10_000);
  expect(session.requests.length).toBeLessThanOrEqual(asked + 1);
  expect(logged).toEqual([]);
});

test('in a folder that is not trusted nothing is resumed, and it says why', async () => {
  fake.isTrusted = false;
  fake.press = 'Manage Workspace Trust';
  const session = new FakeSession();
  await runner().resume(session, { id: 'convert-1' });
  expect(session.requests).toEqual([]);
  expect(fake.shown[0]?.message).toContain('not trusted');
  expect(fake.executed).toEqual(['workbench.trust.manage']);
});

test('interrupted work is offered once, also over several windows', async () => {
  const interrupted = jobInfo({ state: 'interrupted', isResumable: true });
  const session = new FakeSession({ 'job/list': () => ({ jobs: [interrupted] }) });
  const watch = await watching(session);
  const memory = fakeMemory();
  const told: string[] = [];
  const teller = { tell: (_: unknown, { id }: JobInfo) => Promise.resolve(void told.push(id)) };
  const backend = { session };
  made.push(new InterruptedOffer(backend, watch, teller, memory, log));
  session.emit('job/changed', interrupted);
  session.emit('job/changed', interrupted);
  made.push(new InterruptedOffer(backend, watch, teller, memory, log));
  session.emit('job/changed', interrupted);
  expect(told).toEqual(['convert-1']);
});

const parts = (session: FakeSession, reports: string[] = []): JobMenuParts => ({
  backend: { start: () => undefined, ready: () => Promise.resolve(session) },
  runner: runner(),
  logs: new JobLogView(log),
  showReport: (_, model) => Promise.resolve(void reports.push(model)),
});

test('the list has the newest job first, and says how each is doing', () => {
  const error = { code: 1604, message: 'Installing torch failed: no space', remedy: 'x' };
  const jobs = [jobInfo({ state: 'failed', error }), jobInfo({ secondsLeft: 20 })];
  expect(jobItems(jobs)).toMatchObject([
    {
      label: '$(sync~spin) Convert tiny',
      description: 'Conversion · running · 42 % · 20 s left',
      detail: 'Compiling block_1',
    },
    { label: '$(error) Convert tiny', detail: 'Installing torch failed: no space.' },
  ]);
});

test.each([
  ['a running one', jobInfo(), ['Show Progress', 'Cancel', 'Show Job Log']],
  [
    'a cancelled one',
    jobInfo({ state: 'cancelled', isResumable: true }),
    ['Resume', 'Show Job Log'],
  ],
  ['one that is done', jobInfo({ state: 'done', model: 'm' }), ['Show Report', 'Show Job Log']],
])('what can be done with %s', (_, job, labels) => {
  const session = new FakeSession();
  const found = jobActions(session, job, parts(session)).map(({ label }) => label);
  expect(found.map((label) => label.replace(/^\$\([\w-]+\) /, ''))).toEqual(labels);
});

test('a job is chosen, then what to do with it', async () => {
  const done = jobInfo({ state: 'done', model: 'tiny' });
  const session = new FakeSession({ 'job/list': () => ({ jobs: [done] }) });
  const reports: string[] = [];
  fake.answerQuickPicks('$(check) Convert tiny', '$(graph) Show Report');
  await showJobs(parts(session, reports));
  expect(reports).toEqual(['tiny']);
});
