/** An answer that outgrows the context, on the real library and a real model, in this process. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CpuDevice } from '../../backend/devices/cpu.ts';
import type { CpuModel } from '../../backend/devices/cpuModel.ts';
import { BatchScheduler } from '../../backend/host/batchScheduler.ts';
import { keptTokens } from '../../backend/host/contextWindow.ts';
import type { Progress } from '../../backend/host/messages.ts';
import { feed } from '../conformance/deviceRuns.ts';
import { testModelPath } from '../support/provideModel.ts';

const contextLength = 64;
const maxTokens = 130;
const device = new CpuDevice({ cores: 1 });
let model: CpuModel;
beforeAll(async () => {
  model = await device.load({ path: testModelPath(), slots: 2, kvTokens: 256, contextLength });
});
afterAll(() => device.close());

it('slides on the CPU as it would have begun with what remains', async () => {
  const prompt = await model.encode('Count from one to a hundred, in words: one, two, three,');
  const scheduler = new BatchScheduler(model);
  scheduler.submit({
    ...{ id: 'a', class: 'chat', order: 0, prompt, generated: new Int32Array(), maxTokens },
    ...{ sampling: { temperature: 0 }, stop: ['\u0000'], overflow: 'slide' },
  });
  const reports: Progress[] = [];
  while (scheduler.hasWork) reports.push(await scheduler.turn());
  const tokens = reports.flatMap(({ answers }) => answers.flatMap((one) => one.tokens));
  const text = reports.flatMap(({ answers }) => answers.map((one) => one.text)).join('');
  expect(tokens).toHaveLength(maxTokens);
  expect(reports.filter(({ slid }) => slid.length > 0).length).toBeGreaterThan(2);
  const bytes = Buffer.concat(tokens.map((token) => Buffer.from(model.piece(token))));
  expect(text).toBe(new TextDecoder().decode(bytes));

  const all = [...prompt, ...tokens];
  for (const slot of [0, 1]) model.release(slot);
  let slides = 0;
  for (let length = contextLength; length < all.length; length++) {
    const { head, tail } = keptTokens(prompt.length, length, contextLength);
    if (tail === keptTokens(prompt.length, length - 1, contextLength).tail) continue;
    slides++;
    model.release(0);
    model.configure(0, { temperature: 0 }, new Int32Array());
    const kept = [...all.slice(0, head), ...all.slice(tail, length)];
    expect(await feed(model, 0, Int32Array.from(kept))).toBe(all[length]);
  }
  expect(slides).toBeGreaterThan(2);
});
