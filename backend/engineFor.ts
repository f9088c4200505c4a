/** The engine over the devices that the configuration means. */
import type { Config } from './config.ts';
import { deviceSpecs, type Machine } from './deviceSpecs.ts';
import type { CreateEngine } from './parts.ts';
import { DeviceEngine } from './scheduling/deviceEngine.ts';

/** @param hostModule the bundle that every device host runs, dist/deviceHost.js */
export function engineFor(config: Config, hostModule: string, machine: Machine): CreateEngine {
  const { contextLength } = config;
  return async (log, observer) =>
    new DeviceEngine({
      devices: await deviceSpecs(config, hostModule, machine),
      ...(contextLength !== undefined && { contextLength }),
      log,
      observer,
    });
}
