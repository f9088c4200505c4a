/** A prediction as part of a page: whether it fits, how fast it will be, and from what. */
import * as vscode from 'vscode';
import type { MemoryPart, Prediction, Range } from '../../backend/protocol/prediction.ts';
import { figure } from '../pages/charts/frame.ts';
import { linearScale, logScale } from '../pages/charts/scale.ts';
import { stackedBars } from '../pages/charts/stackedBars.ts';
import { html, type Html } from '../pages/html.ts';
import { formatSize } from '../pages/numbers.ts';
import { facts, table } from '../pages/table.ts';
import { speedFigure } from './speedFigure.ts';

function partName(name: MemoryPart['name']): string {
  switch (name) {
    case 'layers':
      return vscode.l10n.t('layers');
    case 'embedding':
      return vscode.l10n.t('embedding');
    case 'outputHead':
      return vscode.l10n.t('output head');
    case 'kvCache':
      return vscode.l10n.t('KV cache');
    case 'activations':
      return vscode.l10n.t('activations');
    case 'instructions':
      return vscode.l10n.t('instructions');
    case 'kernel':
      return vscode.l10n.t('kernel');
    default:
      return name satisfies never;
  }
}

function capacityOf({ heaps }: Prediction['memory']): number {
  return heaps.reduce((sum, { bytes }) => sum + bytes, 0);
}

function fitText({ memory }: Prediction): string {
  const need = formatSize(memory.total.expected);
  const most = formatSize(memory.total.high);
  const capacity = formatSize(capacityOf(memory));
  switch (memory.fit) {
    case 'yes':
      return vscode.l10n.t('It fits: {0}, at most {1}, of {2}.', need, most, capacity);
    case 'tight':
      return vscode.l10n.t('It may not fit: {0}, at most {1}, of {2}.', need, most, capacity);
    case 'no':
      return vscode.l10n.t('It does not fit: {0}, and the chip has {1}.', need, capacity);
    default:
      return memory.fit satisfies never;
  }
}

/** `12.1 (10.4 to 14.2)` */
function between({ low, expected, high }: Range, digits: number): string {
  return vscode.l10n.t(
    '{0} ({1} to {2})',
    expected.toFixed(digits),
    low.toFixed(digits),
    high.toFixed(digits),
  );
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toPrecision(3))} s`;
}

export function predictionFacts(prediction: Prediction): Html {
  const { build, memory, firstToken, model } = prediction;
  const [first] = firstToken;
  const [start] = prediction.decode;
  // At the same clock: the rows of all clocks follow one another.
  const end = prediction.decode.findLast(({ clockMHz }) => clockMHz === start?.clockMHz);
  return facts([
    [vscode.l10n.t('Memory on the chip'), fitText(prediction)],
    [
      vscode.l10n.t('First token'),
      first &&
        vscode.l10n.t(
          '{0} for {1} tokens, at {2} MHz',
          seconds(first.milliseconds.expected),
          first.promptTokens,
          first.clockMHz,
        ),
    ],
    [
      vscode.l10n.t('Tokens per second'),
      start &&
        end &&
        vscode.l10n.t(
          '{0} at the start, {1} after {2} tokens',
          start.tokensPerSecond.expected.toFixed(1),
          end.tokensPerSecond.expected.toFixed(1),
          end.kvLength,
        ),
    ],
    [
      vscode.l10n.t('Longest conversation'),
      vscode.l10n.t('{0} of {1} tokens', build.sequenceLength, model.contextLength),
    ],
    [
      vscode.l10n.t('Longest that fits'),
      memory.longestSequence === undefined
        ? undefined
        : vscode.l10n.t('{0} tokens', memory.longestSequence),
    ],
    [
      vscode.l10n.t('Model'),
      vscode.l10n.t(
        '{0}, {1} layers, {2} parameters',
        model.architecture,
        model.layers,
        formatCount(model.parameters),
      ),
    ],
    [
      vscode.l10n.t('Quantization'),
      build.groupSize === undefined
        ? build.quantization
        : vscode.l10n.t('{0}, groups of {1}', build.quantization, build.groupSize),
    ],
    [vscode.l10n.t('KV cache of a token'), formatSize(memory.kvBytesPerToken)],
  ]);
}

function formatCount(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} B`;
  return count >= 1e6 ? `${(count / 1e6).toFixed(1)} M` : String(Math.round(count));
}

/** What would make it fit, when it does not. */
export function remedyNotice({ memory }: Prediction): Html | undefined {
  if (memory.remedies.length === 0) return undefined;
  return html`<div class="notice bad">
    <p>${vscode.l10n.t('It would fit with one of these:')}</p>
    <ul>
      ${memory.remedies.map((remedy) => html`<li>${remedy}</li>`)}
    </ul>
  </div>`;
}

function memoryFigure(prediction: Prediction): Html {
  const { memory } = prediction;
  const names = memory.parts.map(({ name }) => partName(name));
  const all = {
    name: vscode.l10n.t('All parts'),
    whole: capacityOf(memory),
    parts: memory.parts.map(({ bytes }) => bytes.expected),
    text: vscode.l10n.t(
      '{0} of {1}',
      formatSize(memory.total.expected),
      formatSize(capacityOf(memory)),
    ),
  };
  const heaps = memory.heaps.map(({ name, bytes, usedBytes }) => ({
    name,
    whole: bytes,
    // Which part is where is not known, only how full a heap is.
    parts: [...memory.parts.map(() => 0), usedBytes],
    text: vscode.l10n.t('{0} of {1}', formatSize(usedBytes), formatSize(bytes)),
  }));
  const rows = [
    ...memory.parts.map(({ name, bytes }) => ({ name: partName(name), bytes })),
    { name: vscode.l10n.t('All parts'), bytes: memory.total },
  ];
  return figure(
    vscode.l10n.t('Memory by part and by heap'),
    stackedBars(fitText(prediction), [...names, vscode.l10n.t('in use')], [all, ...heaps]),
    table({
      id: 'memory-parts',
      caption: vscode.l10n.t('Memory of each part'),
      columns: [
        { title: vscode.l10n.t('Part'), cell: ({ name }) => name, isRowHeading: true },
        {
          title: vscode.l10n.t('Expected'),
          cell: ({ bytes }) => formatSize(bytes.expected),
          isNumber: true,
        },
        {
          title: vscode.l10n.t('At most'),
          cell: ({ bytes }) => formatSize(bytes.high),
          isNumber: true,
        },
      ],
      rows,
    }),
    vscode.l10n.t('The numbers'),
  );
}

function firstTokenFigure({ firstToken }: Prediction): Html | undefined {
  const last = firstToken.at(-1);
  if (!last) return undefined;
  const lengths = firstToken.map(({ promptTokens }) => promptTokens);
  return speedFigure(firstToken, {
    id: 'first-token',
    title: vscode.l10n.t('First token by the length of the prompt'),
    caption: vscode.l10n.t('First token in ms, with its bounds'),
    sentence: vscode.l10n.t(
      'The first token comes after {0} with {1} tokens, and later the longer the prompt is.',
      seconds(last.milliseconds.expected),
      last.promptTokens,
    ),
    x: {
      scale: logScale(Math.min(...lengths), Math.max(...lengths), 2),
      label: vscode.l10n.t('Tokens of the prompt'),
    },
    y: vscode.l10n.t('Seconds'),
    length: ({ promptTokens }) => promptTokens,
    range: ({ milliseconds: { low, expected, high } }) => ({
      low: low / 1000,
      expected: expected / 1000,
      high: high / 1000,
    }),
    cell: ({ milliseconds }) => between(milliseconds, 0),
  });
}

function decodeFigure({ decode }: Prediction): Html | undefined {
  const [first] = decode;
  const last = decode.findLast(({ clockMHz }) => clockMHz === first?.clockMHz);
  if (!last) return undefined;
  return speedFigure(decode, {
    id: 'decode',
    title: vscode.l10n.t('Tokens per second by the length of the conversation'),
    caption: vscode.l10n.t('Tokens per second, with their bounds, and the share of 64 GB/s'),
    sentence: vscode.l10n.t(
      'The longer the conversation, the slower: {0} tokens per second after {1} tokens.',
      last.tokensPerSecond.expected.toFixed(1),
      last.kvLength,
    ),
    x: {
      scale: linearScale(0, Math.max(...decode.map(({ kvLength }) => kvLength))),
      label: vscode.l10n.t('Tokens in the KV cache'),
    },
    y: vscode.l10n.t('Tokens per second'),
    length: ({ kvLength }) => kvLength,
    range: ({ tokensPerSecond }) => tokensPerSecond,
    cell: ({ tokensPerSecond, memoryShare }) =>
      `${between(tokensPerSecond, 1)} · ${Math.round(memoryShare * 100)} %`,
  });
}

export function predictionCharts(prediction: Prediction): Html {
  return html`${memoryFigure(prediction)}${firstTokenFigure(prediction)}${decodeFigure(prediction)}`;
}

/** What the times are from. */
function methodText({ compiler }: Prediction): string {
  return compiler === undefined
    ? vscode.l10n.t('Times are by formula.')
    : vscode.l10n.t('Times are from the schedule of the compiler, {0}.', compiler);
}

/** Everything, with a heading of its own. */
export function predictionSection(prediction: Prediction): Html {
  const { assumptions } = prediction;
  return html`<section aria-labelledby="prediction-title">
    <h2 id="prediction-title">${vscode.l10n.t('Predicted performance on a BM1684X')}</h2>
    <p class="muted">
      ${vscode.l10n.t('Computed, not measured. Shaded areas and numbers in brackets are its bounds.')}
      ${methodText(prediction)}
    </p>
    ${predictionFacts(prediction)}${remedyNotice(prediction)}${predictionCharts(prediction)}
    ${
      assumptions.length > 0 &&
      html`<details>
        <summary>${vscode.l10n.t('What it assumes')}</summary>
        <ul>
          ${assumptions.map((text) => html`<li>${text}</li>`)}
        </ul>
      </details>`
    }
  </section>`;
}
