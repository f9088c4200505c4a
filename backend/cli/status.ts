/** `tpu-pilot status`: what the running backend does. */
import type { Command } from 'commander';
import { homeFolder } from '../client/home.ts';
import type { BackendStatus, Latency } from '../protocol/backend.ts';
import { PilotError } from '../protocol/errors.ts';
import { addCommand, withRunningBackend, type CommonOptions } from './command.ts';
import { describeDevice } from './deviceText.ts';
import { factLines, type Fact } from './facts.ts';
import { printResult, type Io } from './io.ts';
import { formatBytes, formatDuration } from './units.ts';

/** Registers `status`. It fails when no backend runs, so that scripts can ask by the exit code. */
export function registerStatusCommand(program: Command, io: Io): void {
  addCommand(program, 'status', 'whether a backend runs, and what it does').action(
    async (options: CommonOptions) => {
      const status = await withRunningBackend(io, options, async (client) => {
        if (client) return client.request('backend/status', null);
        throw new PilotError('notRunning', { home: homeFolder(options.home, io.env) });
      });
      printResult(io, options.json ?? false, status, describeStatus(status));
    },
  );
}

function describeStatus(status: BackendStatus): string {
  const { state, version, pid, home, connections, running, waiting, latency } = status;
  const facts: Fact[] = [
    ['State', state],
    ['Process', `${pid}, version ${version}, up ${formatDuration(status.uptimeMs)}`],
    ['Home', home],
    ['Memory', formatBytes(status.residentBytes)],
    ['Clients', `${connections}`],
    ['Requests', `${running} running, ${waiting} waiting`],
    ['Chat', describeLatency(latency.chat)],
    ['Completion', describeLatency(latency.completion)],
  ];
  const devices = status.devices.map((device) => `\n${describeDevice(device)}`);
  const problems = (status.problems ?? []).map((problem) => `\nProblem: ${problem}`);
  return [...factLines(facts, 12), ...devices, ...problems].join('\n');
}

function describeLatency({ count, firstTokenP50Ms, firstTokenP95Ms, tokensPerSecond }: Latency) {
  const parts = [`${count} answered`];
  if (firstTokenP50Ms !== undefined && firstTokenP95Ms !== undefined) {
    const [p50, p95] = [firstTokenP50Ms.toFixed(0), firstTokenP95Ms.toFixed(0)];
    parts.push(`first token ${p50} ms (p95 ${p95} ms)`);
  }
  if (tokensPerSecond !== undefined) parts.push(`${tokensPerSecond.toFixed(1)} tokens/s`);
  return parts.join(', ');
}
