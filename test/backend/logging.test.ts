import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLog } from '../../backend/logging.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

function collector(): { readonly stream: Writable; readonly text: () => string } {
  let text = '';
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      text += chunk.toString();
      done();
    },
  });
  return { stream, text: () => text };
}

describe('the log', () => {
  it('is readable on stderr and JSON in the file', async () => {
    const file = path.join(await temporaryFolder(), 'logs', 'backend.log');
    const { stream, text } = collector();
    const log = createLog(file, 'info', stream);
    log.logger.info({ model: 'm' }, 'loaded');
    log.logger.debug('not shown');
    log.logger.error({ err: new Error('broken') }, 'failed');
    await log.close();
    expect(text()).toMatch(
      /^\S+Z INFO loaded model="m"\n\S+Z ERROR failed\nError: broken\n {4}at /,
    );
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { level: 'info', msg: 'loaded', model: 'm' },
      { level: 'error', msg: 'failed', err: { message: 'broken' } },
    ]);
  });

  it.each(['token', 'authorization', 'prompt', 'text', 'messages', 'content', 'params'])(
    'shows no %s, at the top or one level down',
    async (key) => {
      const file = path.join(await temporaryFolder(), 'backend.log');
      const { stream, text } = collector();
      const log = createLog(file, 'info', stream);
      log.logger.info({ [key]: 'very private', inner: { [key]: 'very private' } }, 'x');
      await log.close();
      expect(text()).toContain('[redacted]');
      expect(text() + (await readFile(file, 'utf8'))).not.toContain('private');
    },
  );

  it('goes on when one of its streams fails', async () => {
    const folder = await temporaryFolder();
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const file = path.join(folder, 'backend.log');
    const log = createLog(file, 'info', broken);
    log.logger.info('one');
    await new Promise((resolve) => setImmediate(resolve));
    log.logger.info('two');
    await log.close();
    expect(await readFile(file, 'utf8')).toMatch(/one[^]*two/);
  });

  it('goes on when its file cannot be written', async () => {
    const file = path.join(await temporaryFolder(), 'backend.log');
    await mkdir(file);
    const { stream, text } = collector();
    const log = createLog(file, 'info', stream);
    log.logger.info('one');
    await new Promise((resolve) => setImmediate(resolve));
    log.logger.info('two');
    await log.close();
    expect(text()).toMatch(/one[^]*two/);
  });
});
