/** The client against a real backend over real sockets. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { BackendClient } from '../../backend/client/backendClient.ts';
import { RemoteError } from '../../backend/client/remoteError.ts';
import type { ChatProgress } from '../../backend/protocol/chat.ts';
import { MAX_MESSAGE_BYTES } from '../../backend/protocol/handshake.ts';
import { startBackend, type StartOptions } from '../support/startBackend.ts';

const hello = { messages: [{ role: 'user' as const, content: 'hello' }] };

async function connect(options: StartOptions = {}) {
  const started = await startBackend(options);
  const client = await BackendClient.connect(started.target);
  onTestFinished(async () => client.close());
  return { ...started, client };
}

describe('BackendClient', () => {
  it('connects, proves, initializes and asks', async () => {
    const { client, home } = await connect();
    expect(client.role).toBe('admin');
    expect(await client.request('backend/status', null)).toMatchObject({ home, connections: 1 });
    expect(await client.request('model/list', {})).toStrictEqual({ models: [] });
  });

  it('streams a chat', async () => {
    const { client, engine } = await connect();
    const progress: ChatProgress[] = [];
    const answer = client.streamChat(hello, (part) => progress.push(part));
    (await engine.nextCall()).write('Good', ' day').finish();
    expect(await answer).toMatchObject({ text: 'Good day', finishReason: 'stop' });
    expect(progress).toStrictEqual([
      { kind: 'text', text: 'Good' },
      { kind: 'text', text: ' day' },
    ]);
  });

  it('keeps two streams apart', async () => {
    const { client, engine } = await connect();
    const texts = ['', ''];
    const answers = texts.map(async (_, index) =>
      client.streamChat(hello, (part) => {
        if (part.kind === 'text') texts[index] = (texts[index] ?? '') + part.text;
      }),
    );
    const [one, two] = [await engine.nextCall(), await engine.nextCall()];
    one.write('a');
    two.write('x');
    one.write('b').finish();
    two.write('y').finish();
    await Promise.all(answers);
    expect(texts).toStrictEqual(['ab', 'xy']);
  });

  it('cancels by a signal, and gets what there is', async () => {
    const { client, engine } = await connect();
    const stop = new AbortController();
    const answer = client.streamChat(hello, () => stop.abort(), stop.signal);
    const call = await engine.nextCall();
    call.write('Goo');
    expect(await answer).toMatchObject({ text: 'Goo', finishReason: 'cancelled' });
    expect(call.signal.aborted).toBe(true);
  });

  it('cancels what was aborted before it was sent', async () => {
    const { client } = await connect();
    const answer = client.streamChat(hello, () => undefined, AbortSignal.abort());
    expect(await answer).toMatchObject({ text: '', finishReason: 'cancelled' });
  });

  it('tells errors of the backend with name and remedy', async () => {
    const { client } = await connect();
    const failing = client.request('model/info', { model: 'nobody' });
    await expect(failing).rejects.toBeInstanceOf(RemoteError);
    await expect(failing).rejects.toMatchObject({
      code: 1201,
      message: 'There is no model named nobody.',
      data: { name: 'modelNotFound', remedy: expect.stringContaining('model list') as unknown },
    });
  });

  it('does not send a message that is too large, and goes on', async () => {
    const { client } = await connect();
    const content = 'x'.repeat(MAX_MESSAGE_BYTES);
    await expect(
      client.request('chat/complete', { messages: [{ role: 'user', content }] }),
    ).rejects.toMatchObject({ errorName: 'frameTooLarge' });
    await expect(client.request('model/list', null)).resolves.toBeDefined();
  });

  it('is told about changes', async () => {
    const { client, engine } = await connect();
    const changed = new Promise((resolve) => client.on('backend/statusChanged', resolve));
    engine.counts = () => ({ running: 3, waiting: 4 });
    expect(await changed).toMatchObject({ running: 3, waiting: 4 });
  });
});

describe('a connection that is lost', () => {
  it('rejects everything that waits, and everything later', async () => {
    const { client, engine, backend } = await connect();
    const answers = [
      client.request('chat/complete', hello),
      client.streamChat(hello, () => undefined),
    ];
    await engine.nextCall();
    // Nothing lets the two finish: the backend goes while they run.
    engine.drain = async () => Promise.resolve();
    const closing = backend.close(AbortSignal.abort());
    for (const answer of answers) {
      await expect(answer).rejects.toMatchObject({ errorName: 'connectionLost' });
    }
    await client.closed;
    await closing;
    await expect(client.request('model/list', null)).rejects.toMatchObject({
      errorName: 'connectionLost',
    });
    await expect(client.streamChat(hello, () => undefined)).rejects.toMatchObject({
      errorName: 'connectionLost',
    });
    await expect(client.notify('initialized', {})).resolves.toBeUndefined();
    await expect(client.settled()).rejects.toMatchObject({ errorName: 'connectionLost' });
  });

  it('is closed by the client itself with nothing left to wait for', async () => {
    const { client, engine } = await connect();
    const answer = client.request('chat/complete', hello);
    const call = await engine.nextCall();
    const aborted = new Promise((resolve) => call.signal.addEventListener('abort', resolve));
    const rejected = expect(answer).rejects.toMatchObject({ errorName: 'connectionLost' });
    await client.close();
    await rejected;
    await aborted;
  });
});

describe('a token that is revoked', () => {
  it('loses its connections and opens no new one', async () => {
    const { client, target } = await connect();
    const { token } = await client.request('token/create', { name: 'guest' });
    const guest = await BackendClient.connect({ ...target, token });
    expect(guest.role).toBe('user');
    await client.request('token/revoke', { name: 'guest' });
    await guest.closed;
    await expect(BackendClient.connect({ ...target, token })).rejects.toMatchObject({
      data: { name: 'unauthorized' },
    });
    await expect(client.request('token/list', null)).resolves.toStrictEqual({ tokens: [] });
  });
});

describe('a start that takes its time', () => {
  it('is waited for', async () => {
    const { backend, client } = await connect();
    await backend.settled();
    expect(await client.settled()).toMatchObject({ state: 'ready' });
  });
});
