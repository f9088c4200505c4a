import { fork, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lockChip } from '../../../backend/card/chipLock.ts';
import { DeviceError } from '../../../backend/devices/device.ts';

/** A number that no machine has, so that no real lock is in the way. */
const newChip = (): number => randomInt(1_000_000, 2_000_000_000);

/** A process that tries to hold a chip. */
function holder(chip: number, waitMs = 0): { child: ChildProcess; answer: Promise<unknown> } {
  const program = path.join(import.meta.dirname, '../../support/holdChip.ts');
  const child = fork(program, [String(chip), String(waitMs)], { execArgv: ['--import', 'tsx'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, answer: once(child, 'message').then(([message]) => message as unknown) };
}

const isLinux = process.platform === 'linux';

describe.skipIf(!isLinux)('the lock of a chip (needs Linux)', { timeout: 60_000 }, () => {
  it('is held by one, and the next is told by whom', async () => {
    const chip = newChip();
    const lock = await lockChip(chip);
    const error = new DeviceError('inUse', `chip ${chip} is in use by process ${process.pid}.`);
    await expect(lockChip(chip, 0)).rejects.toThrow(error);
    await expect(lockChip(chip, 0)).rejects.toMatchObject({ code: 'inUse' });
    (await lockChip(chip + 1, 0)).release();
    lock.release();
    (await lockChip(chip, 0)).release();
  });

  it('is free as soon as its process was killed', async () => {
    const chip = newChip();
    const { child, answer } = holder(chip);
    expect(await answer).toBe('held');
    const message = `chip ${chip} is in use by process ${child.pid ?? 0}.`;
    await expect(lockChip(chip, 0)).rejects.toThrow(message);
    child.kill('SIGKILL');
    await once(child, 'exit');
    (await lockChip(chip, 0)).release();
  });

  it('waits for a holder that is leaving', async () => {
    const chip = newChip();
    const lock = await lockChip(chip);
    const next = lockChip(chip, 60_000);
    lock.release();
    (await next).release();
  });

  it('goes to one of many that come at once', async () => {
    const chip = newChip();
    const answers = await Promise.all(Array.from({ length: 4 }, () => holder(chip).answer));
    expect(answers.filter((answer) => answer === 'held')).toHaveLength(1);
    expect(
      answers.filter((answer) => /is in use by process \d+\./.test(String(answer))),
    ).toHaveLength(3);
  });

  it('is in use, too, when a stranger has its name and says something else, or nothing', async () => {
    for (const words of ['x'.repeat(100), 'no number', '']) {
      const chip = newChip();
      const stranger = createServer((socket) => {
        socket.on('error', () => undefined);
        if (words !== '') socket.write(words);
      });
      onTestFinished(() => void stranger.close());
      stranger.listen(`\0tpu-pilot/bm-sophon${chip}`);
      await once(stranger, 'listening');
      await expect(lockChip(chip, 0)).rejects.toThrow('in use by a process that does not answer.');
    }
  });
});
