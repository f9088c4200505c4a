/** A device host's work, apart from the process it runs in: messages in, messages out. */
import { DeviceError, type Device, type LoadedModel, type LoadedNets } from '../devices/device.ts';
import { BatchScheduler } from './batchScheduler.ts';
import { HostLoop } from './hostLoop.ts';
import { faultOf } from '../devices/fault.ts';
import { ToHost, type FromHost } from './messages.ts';

export interface HostChannel {
  send(message: FromHost): void;
  /** Hands over everything that arrives, unread. */
  onMessage(listener: (message: unknown) => void): void;
}

type LoadMessage = Extract<ToHost, { type: 'load' }>;
type EncodeMessage = Extract<ToHost, { type: 'encode' }>;

export class HostServer {
  readonly #device: Device;
  readonly #channel: HostChannel;
  readonly #models = new Map<string, LoadedModel>();
  readonly #loop: HostLoop;
  #nets: LoadedNets | undefined;

  constructor(device: Device, channel: HostChannel) {
    this.#device = device;
    this.#channel = channel;
    this.#loop = new HostLoop((model, progress) => {
      channel.send({ type: 'progress', model, progress });
    });
  }

  /** For how long the device has been at its step, in ms. */
  get stepMs(): number | undefined {
    return this.#loop.stepMs;
  }

  /**
   * Serve until `stop` is called or asked for, then close the device.
   * @throws when the device is of no use any more
   */
  async run(): Promise<void> {
    this.#channel.onMessage((message) => {
      this.#receive(ToHost.parse(message));
    });
    this.#channel.send({ type: 'ready', identity: this.#device.info() });
    await this.#loop.run();
    await this.#device.close();
  }

  stop(): void {
    for (const model of this.#models.values()) model.abort();
    this.#loop.end();
  }

  #receive(message: ToHost): void {
    switch (message.type) {
      case 'load':
        this.#reply(message.call, () => this.#load(message));
        break;
      case 'encode':
        this.#reply(message.call, () => this.#encode(message));
        break;
      case 'loadNets':
        this.#reply(message.call, () => this.#loadNets(message));
        break;
      case 'runNet':
        this.#reply(message.call, () => this.#runNet(message));
        break;
      case 'telemetry':
        this.#reply(message.call, async () => {
          const telemetry = await this.#device.telemetry();
          const residentBytes = process.memoryUsage.rss();
          return {
            type: 'telemetry',
            call: message.call,
            telemetry: { ...telemetry, residentBytes },
          };
        });
        break;
      case 'submit':
        this.#loop.get(message.model)?.submit(message.request);
        this.#loop.wake();
        break;
      case 'cancel':
        this.#loop.get(message.model)?.cancel(message.request);
        this.#loop.wake();
        break;
      case 'stop':
        this.stop();
        break;
      default:
        message satisfies never;
    }
  }

  /** Every call gets one reply. */
  #reply(call: number, work: () => Promise<FromHost>): void {
    work().then(
      (reply) => {
        this.#channel.send(reply);
      },
      (error: unknown) => {
        this.#channel.send({ type: 'failed', call, fault: faultOf(error) });
      },
    );
  }

  async #load({
    call,
    model: id,
    path,
    slots,
    kvTokens,
    contextLength,
  }: LoadMessage): Promise<FromHost> {
    const options = {
      path,
      slots,
      ...(kvTokens !== undefined && { kvTokens }),
      ...(contextLength !== undefined && { contextLength }),
      onProgress: (fraction: number) => {
        this.#channel.send({ type: 'loadProgress', call, fraction });
      },
    };
    const model = await this.#loop.whileLoading(() => this.#device.load(options));
    this.#models.set(id, model);
    this.#loop.add(id, new BatchScheduler(model));
    return {
      type: 'loaded',
      call,
      metadata: model.metadata,
      slots: model.slots,
      contextLength: model.contextLength,
      kvTokens: model.kvTokens,
    };
  }

  async #loadNets({ call, path }: Extract<ToHost, { type: 'loadNets' }>): Promise<FromHost> {
    const nets = await this.#device.loadNets?.(path);
    if (nets === undefined) {
      throw new DeviceError('unsupportedModel', 'models of this device have no nets to run alone.');
    }
    this.#nets = nets;
    return { type: 'netsLoaded', call, nets: nets.nets };
  }

  async #runNet({ call, net, inputs }: Extract<ToHost, { type: 'runNet' }>): Promise<FromHost> {
    if (this.#nets === undefined) throw new RangeError('No nets are loaded here.');
    return { type: 'netRan', call, outputs: await this.#nets.run(net, inputs) };
  }

  async #encode({ call, model: id, pieces }: EncodeMessage): Promise<FromHost> {
    const model = this.#models.get(id);
    if (model === undefined) throw new RangeError(`The model ${id} is not loaded here.`);
    const encodePiece = (piece: string | number): Promise<Int32Array> =>
      typeof piece === 'string' ? model.encode(piece) : Promise.resolve(Int32Array.of(piece));
    const parts = await Promise.all(pieces.map(encodePiece));
    return { type: 'encoded', call, tokens: Int32Array.from(parts.flatMap((part) => [...part])) };
  }
}
