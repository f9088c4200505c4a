#!/usr/bin/env node
/** The program tpu-pilot: its surroundings and its commands. */
import path from 'node:path';
import { registerChatCommand } from './cli/chat.ts';
import { registerCompleteCommand } from './cli/complete.ts';
import { registerConvertCommand } from './cli/convert.ts';
import { registerDemoCommand } from './cli/demo.ts';
import { registerDeviceCommands } from './cli/device.ts';
import { registerGenerateCommand } from './cli/generate.ts';
import { exitCodes, type Io } from './cli/io.ts';
import { registerModelCommands } from './cli/model.ts';
import { registerPredictCommand } from './cli/predict.ts';
import { registerJobCommands } from './cli/job.ts';
import { run } from './cli/run.ts';
import { registerServeCommand } from './cli/serve.ts';
import { registerStatusCommand } from './cli/status.ts';
import { registerStopCommand } from './cli/stop.ts';
import { registerTokenCommands } from './cli/token.ts';
import { registerToolchainCommands } from './cli/toolchain.ts';
import { registerVerifyCommand } from './cli/verify.ts';
import type { Config } from './config.ts';
import { thisMachine } from './deviceSpecs.ts';
import { engineFor } from './engineFor.ts';
import type { CreateEngine } from './parts.ts';

/** Device hosts run their own bundle, which the build puts beside this one. */
const hostModule = path.join(import.meta.dirname, 'deviceHost.js');

const engineOf = (config: Config, home: string): CreateEngine =>
  engineFor(config, hostModule, thisMachine(home));

const interrupted = new AbortController();
process.on('SIGINT', () => {
  if (interrupted.signal.aborted) process.exit(exitCodes.failed);
  interrupted.abort();
});
// Whoever reads our output may stop reading: `tpu-pilot model list | head -1`.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  runtime: process.execPath,
  entry: import.meta.filename,
  interrupted: interrupted.signal,
};

process.exitCode = await run(process.argv.slice(2), io, (program) => {
  registerServeCommand(program, io, engineOf);
  registerStatusCommand(program, io);
  registerStopCommand(program, io);
  registerChatCommand(program, io);
  registerCompleteCommand(program, io);
  registerDemoCommand(program, io);
  registerGenerateCommand(program, io, engineOf);
  registerModelCommands(program, io);
  registerPredictCommand(program, io);
  registerDeviceCommands(program, io);
  registerTokenCommands(program, io);
  registerToolchainCommands(program, io);
  registerVerifyCommand(program, io);
  registerConvertCommand(program, io);
  registerJobCommands(program, io);
});
