/** The program of a device host: `node deviceHost.js [DEVICE]`, started by scheduling/deviceHost.ts. */
import * as z from 'zod';
import { deviceNames, openDevice } from '../devices/registry.ts';
import { runHost } from './runHost.ts';

const name = z.enum(deviceNames).default('auto').parse(process.argv[2]);
await runHost(() => openDevice(name));
