import { expect, test } from 'vitest';
import type { BackendStatus } from '../../backend/protocol/backend.ts';
import { commands } from '../../extension/commandIds.ts';
import { remediesFor } from '../../extension/statusActions.ts';
import { menuItems } from '../../extension/statusMenu.ts';
import { tooltipOf } from '../../extension/statusTooltip.ts';
import { readyStatus } from '../support/fakeSession.ts';
import { deviceInfo, statusInput } from '../support/statusInput.ts';

const card = deviceInfo({
  id: 'tpu0',
  kind: 'bm1684x',
  name: 'Card',
  telemetry: {
    chipTemperatureC: 54.2,
    powerW: 11.8,
    residentBytes: 300 * 1024 ** 2,
    heaps: [{ name: 'NPU', totalBytes: 16 * 1024 ** 3, usedBytes: 4 * 1024 ** 3 }],
  },
  models: [
    {
      id: 'm',
      name: 'SmolLM2_135M',
      slots: 4,
      activeSlots: 1,
      contextLength: 8192,
      hasFillIn: false,
      hasChatTemplate: true,
      hasTools: false,
      canThink: false,
    },
  ],
});

const working: BackendStatus = {
  ...readyStatus,
  running: 1,
  waiting: 2,
  devices: [card],
  latency: {
    completion: { count: 9, totalP50Ms: 90, totalP95Ms: 200 },
    chat: { count: 2, firstTokenP50Ms: 300, tokensPerSecond: 41.97 },
  },
};

/** The rows of the table, without their air and their icons. */
function rows(markdown: string): string[][] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('| $('))
    .map((line) =>
      line
        .slice(2, -2)
        .replaceAll('&nbsp;', ' ')
        .split(' | ')
        .map((cell) => cell.replace(/^\$\([\w-]+\) /, '').trim()),
    );
}

test('the tooltip has every figure, each with what can be done about it', () => {
  const { markdown } = tooltipOf(statusInput({ status: working, completionMs: 85 }));
  expect(rows(markdown)).toEqual([
    [
      'Model',
      String.raw`SmolLM2\_135M<br>8192 tokens of context<br>1 of 4 slots in use`,
      '[Manage Models](command:tpuPilot.manageModels)',
    ],
    ['Device', String.raw`Card \(bm1684x\)`, '[Show Devices](command:tpuPilot.showDevices)'],
    ['Queue', '1 running, 2 waiting', '[Show Log](command:tpuPilot.showLog)'],
    ['Memory', String.raw`backend 100 MB<br>device process 300 MB<br>NPU: 4\.0 GB of 16\.0 GB`, ''],
    [
      'Latency',
      String.raw`last completion 85 ms<br>completions p50 90 ms, p95 200 ms<br>chat: first token p50 300 ms<br>chat: 42\.0 tokens/s`,
      '[Statistics](command:tpuPilot.showCompletionStatistics)',
    ],
    ['Temperature, power, load', '54 °C<br>12 W', ''],
    [
      'Inline completion',
      'on',
      '[Why No Suggestion?](command:tpuPilot.whyNoSuggestion) · [Pause](command:tpuPilot.pauseCompletion) · [Turn Off](command:tpuPilot.toggleInlineCompletion)',
    ],
  ]);
});

test('two chips of a card are told apart, and a model on both is one model', () => {
  const heap = (name: string, used: number) => ({
    name,
    totalBytes: 4 * 1024 ** 3,
    usedBytes: used * 1024 ** 3,
  });
  const chips = [
    deviceInfo({
      ...card,
      id: 'bm1684x:0',
      telemetry: {
        chipTemperatureC: 54.2,
        boardTemperatureC: 41,
        powerW: 9,
        boardPowerW: 31,
        utilization: 0.38,
        residentBytes: 300 * 1024 ** 2,
        heaps: [heap('heap0', 1), heap('heap1', 2)],
      },
    }),
    deviceInfo({
      ...card,
      id: 'bm1684x:1',
      telemetry: { chipTemperatureC: 57, powerW: 11, heaps: [heap('heap0', 3)] },
    }),
    deviceInfo({ ...card, id: 'bm1684x:2', state: 'failed', models: [], telemetry: {} }),
  ];
  const found = rows(tooltipOf(statusInput({ status: { ...working, devices: chips } })).markdown);
  const valuesOf = (name: string): string[] | undefined =>
    found
      .find(([label]) => label === name)?.[1]
      ?.replaceAll('\\', '')
      .split('<br>');
  expect(valuesOf('Model')).toEqual([
    'SmolLM2_135M',
    '8192 tokens of context',
    '2 of 8 slots in use',
  ]);
  expect(valuesOf('Device')).toEqual([
    'bm1684x:0: Card (bm1684x)',
    'bm1684x:1: Card (bm1684x)',
    'bm1684x:2: Card (bm1684x), failed',
  ]);
  expect(valuesOf('Memory')).toEqual([
    'backend 100 MB',
    'device process 300 MB',
    'bm1684x:0: heap0: 1.0 GB of 4.0 GB, heap1: 2.0 GB of 4.0 GB',
    'bm1684x:1: heap0: 3.0 GB of 4.0 GB',
  ]);
  expect(valuesOf('Temperature, power, load')).toEqual([
    'bm1684x:0: 54 °C, 9 W, 38 % load, board 41 °C, board 31 W',
    'bm1684x:1: 57 °C, 11 W',
  ]);
});

test('what a device does not measure is not there', () => {
  const status = { ...readyStatus, devices: [deviceInfo()] };
  const labels = rows(tooltipOf(statusInput({ status })).markdown).map(([label]) => label);
  expect(labels).toEqual(['Device', 'Queue', 'Memory', 'Inline completion']);
});

test('names of models cannot put links, icons or cells into the tooltip', () => {
  const name = '[x](command:evil) $(bug) <b> | y\nnew';
  const status = { ...readyStatus, devices: [deviceInfo({ name })] };
  const { markdown, enabledCommands } = tooltipOf(statusInput({ status }));
  expect(markdown).toContain(String.raw`\[x\]\(command:evil\) \$\(bug\) \<b\> \| y new`);
  expect(enabledCommands).not.toContain('evil');
});

test('every link of the tooltip is a command that it may run', () => {
  const input = statusInput({ status: working, trusted: false, remoteUrl: 'wss://host:1' });
  const { markdown, enabledCommands } = tooltipOf(input);
  const linked = Array.from(markdown.matchAll(/\]\(command:([\w.]+)/g), ([, id]) => id);
  expect(new Set(linked)).toEqual(new Set(enabledCommands));
  expect(markdown).toContain(String.raw`wss://host:1`);
  expect(markdown).toContain('(command:workbench.trust.manage)');
});

test('the menu offers what the tooltip links to, what helps first', () => {
  const input = statusInput({ status: { ...readyStatus, state: 'noModel' } });
  const offered = menuItems(input).flatMap(({ action }) => (action ? [action.command] : []));
  expect(new Set(offered)).toEqual(new Set(tooltipOf(input).enabledCommands));
  expect(offered).toHaveLength(new Set(offered).size);
  expect(offered[0]).toBe(commands.getDefaultModel);
});

test.each([
  ['stopped', commands.start],
  ['failed', commands.start],
  ['otherVersion', commands.restart],
  ['noModel', commands.getDefaultModel],
  ['outOfMemory', commands.manageModels],
  ['degraded', commands.restart],
] as const)('%s is helped first by %s', (indicator, command) => {
  expect(remediesFor(indicator)[0]).toBe(command);
});
