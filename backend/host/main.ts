/** The program of a device host: `node deviceHost.js NAME`, started by scheduling/deviceHost.ts. */
import { parseHostName } from '../devices/deviceName.ts';
import { openDevice } from '../devices/registry.ts';
import { runHost } from './runHost.ts';

const name = process.argv[2] ?? 'cpu';
await runHost(async () => openDevice(parseHostName(name), process.env));
