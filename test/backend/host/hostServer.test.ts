import { afterEach, describe, expect, it } from 'vitest';
import { DeviceError } from '../../../backend/devices/device.ts';
import { HostServer } from '../../../backend/host/hostServer.ts';
import { errorOf, faultOf } from '../../../backend/devices/fault.ts';
import { FromHost, type ToHost } from '../../../backend/host/messages.ts';
import { MemoryDevice, type MemoryDeviceOptions } from '../../support/memoryDevice.ts';

/** A host server in this process, and its channel. */
class Host {
  readonly device: MemoryDevice;
  readonly server: HostServer;
  readonly ended: Promise<void>;
  readonly sent: FromHost[] = [];
  #receive: (message: unknown) => void = () => undefined;
  #waiting: (() => void)[] = [];

  constructor(options: MemoryDeviceOptions = {}) {
    this.device = new MemoryDevice({ endOneIn: 0, ...options });
    this.server = new HostServer(this.device, {
      send: (message) => {
        // What is sent must be what the backend accepts.
        this.sent.push(FromHost.parse(message));
        for (const wake of this.#waiting.splice(0)) wake();
      },
      onMessage: (listener) => (this.#receive = listener),
    });
    this.ended = this.server.run();
  }

  send(message: ToHost | Record<string, unknown>): void {
    this.#receive(message);
  }

  /** The first message that passes the test. */
  async sees<T extends FromHost>(test: (message: FromHost) => message is T): Promise<T> {
    for (;;) {
      const found = this.sent.find(test);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async load(model: string): Promise<void> {
    this.send({ type: 'load', call: 1, model, path: model, slots: 2 });
    await this.sees((message) => message.type === 'loaded');
  }

  submit(model: string, id: string, maxTokens: number): void {
    this.send({
      type: 'submit',
      model,
      request: {
        id,
        class: 'chat',
        order: 0,
        prompt: Int32Array.of(97),
        generated: new Int32Array(),
        maxTokens,
        sampling: { temperature: 0 },
        stop: [],
        overflow: 'stop',
      },
    });
  }

  ends(): Extract<FromHost, { type: 'progress' }>['progress']['ended'] {
    return this.sent.flatMap((one) => (one.type === 'progress' ? one.progress.ended : []));
  }
}

const isEnd = (message: FromHost): message is Extract<FromHost, { type: 'progress' }> =>
  message.type === 'progress' && message.progress.ended.length > 0;
const isFailure = (message: FromHost): message is Extract<FromHost, { type: 'failed' }> =>
  message.type === 'failed';

describe('HostServer', () => {
  let host: Host;
  afterEach(async () => {
    host.server.stop();
    await host.ended.catch(() => undefined);
  });

  it('introduces itself, loads, encodes, and tells of the device', async () => {
    host = new Host();
    await host.load('m');
    host.send({ type: 'encode', call: 2, model: 'm', pieces: ['<s>', 262] });
    host.send({ type: 'telemetry', call: 3 });
    const encoded = await host.sees((one) => one.type === 'encoded');
    expect([...encoded.tokens]).toEqual([...Buffer.from('<s>'), 262]);
    const measured = await host.sees((one) => one.type === 'telemetry');
    expect(measured.call).toBe(3);
    // Of this process, which is the host's here.
    expect(measured.telemetry.residentBytes).toBeGreaterThan(1e6);
    expect(host.sent.map(({ type }) => type).slice(0, 3)).toEqual([
      'ready',
      'loadProgress',
      'loaded',
    ]);
  });

  it('answers a call that fails with its fault', async () => {
    host = new Host();
    host.send({ type: 'load', call: 7, model: 'm', path: 'invalid', slots: 2 });
    expect(await host.sees(isFailure)).toMatchObject({ call: 7, fault: { code: 'invalidModel' } });
    host.sent.length = 0;
    host.send({ type: 'encode', call: 8, model: 'm', pieces: [] });
    expect(await host.sees(isFailure)).toMatchObject({ call: 8, fault: { code: 'internal' } });
    host.sent.length = 0;
    host.send({ type: 'loadNets', call: 9, path: 'm' });
    const fault = { code: 'unsupportedModel' };
    expect(await host.sees(isFailure)).toMatchObject({ call: 9, fault });
  });

  it('sees messages between steps, also of a device whose steps take no time', async () => {
    host = new Host({ duringStep: () => Promise.resolve() });
    await host.load('m');
    host.submit('m', 'a', 2000);
    setImmediate(() => {
      host.send({ type: 'cancel', model: 'm', request: 'a' });
    });
    await host.sees(isEnd);
    const [end] = host.ends();
    expect(end).toMatchObject({ reason: 'cancelled' });
    expect(end!.lastStep).toBeLessThan(10);
  });

  it('lets models take turns', async () => {
    host = new Host();
    await host.load('a');
    host.sent.length = 0;
    await host.load('b');
    host.submit('a', 'in a', 20);
    host.submit('b', 'in b', 3);
    await host.sees(isEnd);
    expect(host.ends().map(({ id }) => id)).toEqual(['in b']);
  });

  it('sends one message for all tokens of a step', async () => {
    host = new Host();
    await host.load('m');
    host.submit('m', 'a', 5);
    host.submit('m', 'b', 5);
    await host.sees(isEnd);
    const progress = host.sent.flatMap((one) => (one.type === 'progress' ? [one.progress] : []));
    expect(progress.map(({ answers }) => answers.length)).toEqual([2, 2, 2, 2, 2]);
  });

  it('refuses a message it does not know', async () => {
    host = new Host();
    await host.load('m');
    expect(() => host.send({ type: 'nonsense' })).toThrow('Invalid');
  });

  it('closes the device in the middle of a step when it is stopped', async () => {
    host = new Host({
      duringStep: (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new DeviceError('aborted', 'stop')));
        }),
    });
    await host.load('m');
    host.submit('m', 'a', 5);
    await new Promise((resolve) => setImmediate(resolve));
    host.send({ type: 'stop' });
    await host.ended;
  });

  it('ends with the fault of a device that is lost', async () => {
    host = new Host();
    await host.load('m');
    host.device.models[0]!.failNextStep();
    host.submit('m', 'a', 5);
    await expect(host.ended).rejects.toMatchObject({ code: 'lost' });
  });
});

it('carries errors across the process boundary', () => {
  const shortage = { heap: 'gmem', neededBytes: 2, availableBytes: 1 };
  const full = new DeviceError('noMemory', 'full', shortage);
  expect(errorOf(faultOf(full))).toEqual(full);
  expect(errorOf(faultOf(full))).toMatchObject({ code: 'noMemory', shortage });
  expect(errorOf(faultOf(new RangeError('odd')))).not.toBeInstanceOf(DeviceError);
  expect(faultOf('text')).toEqual({ code: 'internal', message: 'text' });
});
