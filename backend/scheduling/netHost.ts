/**
 * A device host of its own, with the nets of one compiled model, which are run one by one. A net may
 * end the process; whoever uses this opens another one.
 */
import { DeviceError, isDeviceError, type DeviceNet, type HostTensor } from '../devices/device.ts';
import { errorOf } from '../devices/fault.ts';
import type { FromHost } from '../host/messages.ts';
import { DeviceHost, type Log } from './deviceHost.ts';
import type { HostProgram } from './hostSupervisor.ts';

export class NetHost {
  private constructor(private readonly host: DeviceHost) {}

  /** @throws DeviceError as `openDevice`; lost when the process dies, and when the signal aborts */
  static async open(program: HostProgram, log: Log, signal: AbortSignal): Promise<NetHost> {
    let receive: (message: FromHost) => void = () => undefined;
    const host = new DeviceHost({ ...program, log }, (message) => {
      receive(message);
    });
    const onAbort = (): void => {
      host.kill('it was cancelled');
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const ready = new Promise<void>((resolve, reject) => {
      receive = (message) => {
        if (message.type === 'ready') resolve();
        if (message.type === 'unavailable') reject(errorOf(message.fault));
      };
      void host.stopped.then(({ reason }) => {
        signal.removeEventListener('abort', onAbort);
        reject(new DeviceError('lost', reason));
      });
    });
    if (signal.aborted) onAbort();
    const opened = new NetHost(host);
    await opened.#ended(ready);
    return opened;
  }

  /**
   * @param path of a bmodel, or of a folder with one
   * @throws DeviceError as `Device.loadNets`; after `lost` this is of no more use
   */
  load(path: string): Promise<readonly DeviceNet[]> {
    return this.#ended(this.host.loadNets(path));
  }

  /** @throws DeviceError as `LoadedNets.run`; after `lost` this is of no more use */
  run(net: string, inputs: readonly HostTensor[]): Promise<readonly HostTensor[]> {
    return this.#ended(this.host.runNet(net, inputs));
  }

  async close(): Promise<void> {
    await this.host.stop();
  }

  /** A device that is lost takes its process with it, whose end says why. */
  async #ended<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      if (!isDeviceError(error, 'lost')) throw error;
      this.host.kill(error.message);
      const { reason } = await this.host.stopped;
      throw new DeviceError('lost', reason, undefined, { cause: error });
    }
  }
}
