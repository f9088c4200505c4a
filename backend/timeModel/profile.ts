/**
 * The compiler's schedule of a static net, `compiler_profile_0.txt`: every command of the matrix
 * unit (BD) and of the memory engine (GDMA) in the order of its queue, with what it waits for and
 * how long it takes in cycles at 1 GHz. Written by tpu-mlir 1.30.2 with `--debug`.
 */
import { FormatError } from '../formats/fileCursor.ts';

type Engine = 'bd' | 'gdma';

interface Command {
  /** Its number in its own queue, from 1. */
  readonly id: number;
  /** The command of the other queue that must have ended; 0 for none. */
  readonly waitsFor: number;
  readonly cycles: number;
}

/** Commands that are started together; the next ones start when all have ended. */
interface Batch {
  readonly bd: readonly Command[];
  readonly gdma: readonly Command[];
  /** What the compiler says it takes. */
  readonly totalCycles: number;
}

export interface Profile {
  readonly batches: readonly Batch[];
  /** Read from and written to the memory of the device. */
  readonly memoryBytes: number;
  readonly operations: number;
}

const HEADER = /^ENGINE_BD\s+ENGINE_GDMA/u;
const COMMAND = /\|s:\d+\|b:(\d+)\|g:(\d+)\|e:\d+\|t:(\d+)/u;
const END = /^API_END total_cycle:(\d+)\|b:(\d+)\|g:(\d+)/u;
const TRAFFIC = /^GDMA SUMMARY : \|dr\[0\] S2L:(\d+)\|dr\[1\] L2S:(\d+)\|dr\[2\] S2S:(\d+)/u;
const FLOPS = /^flops: (\d+)/u;

/**
 * @throws FormatError when the text is empty, as a dynamic net's is; when it is cut short; when it
 * is none
 */
export function parseProfile(text: string): Profile {
  const batches: Batch[] = [];
  let open: { bd: Command[]; gdma: Command[]; column: number } | undefined;
  let memoryBytes: number | undefined;
  let operations = 0;
  for (const line of text.split('\n')) {
    if (HEADER.test(line)) {
      if (open) throw new FormatError('its schedule is cut short');
      open = { bd: [], gdma: [], column: line.indexOf('ENGINE_GDMA') };
      continue;
    }
    const [, cycles, ...counts] = (END.exec(line) ?? []).map(Number);
    if (cycles !== undefined) {
      const { bd, gdma } = open ?? { bd: [], gdma: [] };
      if (counts[0] !== (bd.at(-1)?.id ?? 0) || counts[1] !== (gdma.at(-1)?.id ?? 0)) {
        throw new FormatError('its schedule has lost commands');
      }
      batches.push({ bd, gdma, totalCycles: cycles });
      open = undefined;
      continue;
    }
    const traffic = TRAFFIC.exec(line)?.slice(1).map(Number);
    // Within the device's memory a byte is read and written.
    const [toLocal = 0, fromLocal = 0, within = 0] = traffic ?? [];
    if (traffic) memoryBytes = (memoryBytes ?? 0) + toLocal + fromLocal + 2 * within;
    operations += Number(FLOPS.exec(line)?.[1] ?? 0);
    if (!open || line.startsWith('---')) continue;
    readCommand(line.slice(0, open.column), 'bd', open.bd);
    readCommand(line.slice(open.column), 'gdma', open.gdma);
  }
  if (open) throw new FormatError('its schedule is cut short');
  if (batches.length === 0) throw new FormatError('it has no schedule');
  if (memoryBytes === undefined) throw new FormatError('its summary is missing');
  return { batches, memoryBytes, operations };
}

function readCommand(text: string, engine: Engine, queue: Command[]): void {
  const [, bd, gdma, cycles] = (COMMAND.exec(text) ?? []).map(Number);
  if (bd === undefined || gdma === undefined || cycles === undefined) {
    if (text.trim() !== '') throw new FormatError('its schedule has a line that is no command');
    return;
  }
  const isBd = engine === 'bd';
  queue.push({ id: isBd ? bd : gdma, waitsFor: isBd ? gdma : bd, cycles });
}

/**
 * How long it takes at a clock: the schedule is run again with commands of the matrix unit as much
 * slower as the clock is, and those of the memory as they are. At 1000 MHz that is the compiler's
 * own figure, to the cycle.
 * @throws FormatError when commands wait for each other
 */
export function millisecondsAt({ batches }: Profile, clockMHz: number): number {
  const slower = 1000 / clockMHz;
  return batches.reduce((sum, batch) => sum + cyclesOf(batch, slower), 0) / 1e6;
}

function cyclesOf({ bd, gdma }: Batch, slower: number): number {
  const queues = { bd: new Queue(bd, slower), gdma: new Queue(gdma, 1) };
  while (!queues.bd.isDone || !queues.gdma.isDone) {
    const before = queues.bd.next + queues.gdma.next;
    queues.bd.runUntilBlocked(queues.gdma);
    queues.gdma.runUntilBlocked(queues.bd);
    if (queues.bd.next + queues.gdma.next === before) {
      throw new FormatError('commands of its schedule wait for each other');
    }
  }
  return Math.max(queues.bd.now, queues.gdma.now);
}

/** Commands of one engine, which run one after the other. */
class Queue {
  next = 0;
  now = 0;
  readonly #ends = new Map<number, number>([[0, 0]]);

  constructor(
    private readonly commands: readonly Command[],
    private readonly factor: number,
  ) {}

  get isDone(): boolean {
    return this.next === this.commands.length;
  }

  runUntilBlocked(other: Queue): void {
    for (let command = this.commands[this.next]; command; command = this.commands[this.next]) {
      const free = other.#ends.get(command.waitsFor);
      if (free === undefined) return;
      this.now = Math.max(this.now, free) + command.cycles * this.factor;
      this.#ends.set(command.id, this.now);
      this.next++;
    }
  }
}
