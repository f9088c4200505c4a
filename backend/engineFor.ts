/** Which devices the configuration means, and the engine over them. */
import type { Config } from './config.ts';
import type { CreateEngine } from './parts.ts';
import { DeviceEngine } from './scheduling/deviceEngine.ts';

/** @param hostModule the bundle that every device host runs, dist/deviceHost.js */
export function engineFor(
  { device, slots, contextLength }: Config,
  hostModule: string,
): CreateEngine {
  return (log, observer) =>
    new DeviceEngine({
      // Every kind there is runs on the processor: `auto` can mean nothing else.
      devices: [{ id: 'cpu', kind: 'cpu', host: { modulePath: hostModule, args: [device] } }],
      ...(slots !== undefined && { slots }),
      ...(contextLength !== undefined && { contextLength }),
      log,
      observer,
    });
}
