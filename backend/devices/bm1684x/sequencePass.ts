/**
 * Passes of tokens through the nets of a model: prefill by chunks, decode by one token, and the
 * head. The order of launches and copies is that of LLM-TPU's models/Qwen3/cpp_demo/chat.cpp.
 *
 * Everything is prepared once. A pass changes addresses and lengths in place, and allocates nothing
 * by layer. A write from the host waits for what was launched, so a pass makes all of its own before
 * its first launch; what it has launched is waited for by whatever reads or writes next.
 */
import { DeviceError } from '../device.ts';
import type { Chip } from './chip.ts';
import type { DeviceArena } from './deviceArena.ts';
import { bytesOf, DiskEmbedding, NetEmbedding, type Embedding } from './embedding.ts';
import type { KvMemory } from './kvMemory.ts';
import { stageFor, type LayerNets, type ModelLayout } from './modelLayout.ts';
import { memoryOf, portBytes, shapeOf, type NetInfo, type Port } from './netInfo.ts';
import type { Launch, Runtime } from './runtime.ts';
import { cString, TensorArray, type Binding } from './tensorArray.ts';
import type { DeviceMemory } from './types.ts';

/** Where arguments are in a net's inputs and outputs. */
const STATES = 0;
const POSITIONS = 1;
const MASK = 2;
const KEYS = 1;
const VALUES = 2;
/** Of `block_kv`, which has no mask. */
const HISTORY = 2;

/**
 * What keeps a position out of the attention, as bits: about -10000, as the compiler's own nets
 * have it, and not minus infinity.
 */
const maskedBits: Readonly<Record<ModelLayout['dtype'], number>> = { bf16: 0xc61c, f16: 0xf0e2 };

interface LayerLaunches {
  readonly first: Launch;
  readonly next: NextLaunch | undefined;
  /** By stage. */
  readonly decode: readonly Launch[];
}

/** `block_kv` reads its history in its own buffers only, and ignores any other without a word. */
interface NextLaunch extends Launch {
  /** The longest history that it takes, in tokens: builds may have it shorter than the context. */
  readonly most: number;
  readonly keys: DeviceMemory;
  readonly values: DeviceMemory;
}

export interface PassOptions {
  readonly chip: Chip;
  /** Whose memory the pass takes, and never gives back itself. */
  readonly arena: DeviceArena;
  readonly runtime: Runtime;
  readonly layout: ModelLayout;
  readonly kv: KvMemory;
  /** `embedding.bin`, for models without nets for it. */
  readonly embeddingFile: string;
  readonly vocabularySize: number;
  /** Called before every launch of a layer; throws to stop the pass. */
  readonly checkAbort: () => void;
}

export class SequencePass {
  readonly #options: PassOptions;
  readonly #layers: readonly LayerLaunches[];
  readonly #head: Launch;
  readonly #embedding: Embedding;
  /** States before even layers, and before odd ones: [chunkLength, hiddenSize] each. */
  readonly #states: readonly [DeviceMemory, DeviceMemory];
  readonly #positions: DeviceMemory;
  readonly #mask: DeviceMemory;
  readonly #headOutput: DeviceMemory;
  readonly #positionValues: Int32Array;
  readonly #maskValues: Uint16Array;
  readonly #token = new Int32Array(new ArrayBuffer(4));

  /** @throws DeviceError noMemory, invalidModel */
  constructor(options: PassOptions) {
    this.#options = options;
    const { layout } = options;
    const { chunkLength, contextLength, hiddenSize, dtype } = layout;
    const rows = 2 * hiddenSize * chunkLength;
    this.#states = [this.#allocate(rows, 'states'), this.#allocate(rows, 'states')];
    for (const memory of this.#states) options.chip.fill(memory, 0);
    this.#positionValues = new Int32Array(chunkLength);
    this.#positions = this.#allocate(this.#positionValues.byteLength, 'positions');
    this.#maskValues = new Uint16Array(contextLength + 1).fill(maskedBits[dtype]);
    this.#mask = this.#allocate(this.#maskValues.byteLength, 'the mask');
    const causal = this.#causalMask();
    this.#layers = layout.layers.map((nets, layer) => this.#prepare(nets, layer, causal));
    this.#headOutput = this.#allocate(
      Math.max(...layout.head.outputs.map((port) => portBytes(port))),
      'the output of the head',
    );
    this.#head = this.#launch(
      layout.head,
      [this.#lastStates()],
      layout.head.outputs.map(() => this.#headOutput),
    );
    // Last: it opens a file, and what fails before it leaves nothing to be closed.
    this.#embedding = this.#makeEmbedding();
  }

  /** Tokens that a prefill pass takes after `from` others. */
  chunkAfter(from: number): number {
    const most = this.#layers[0]?.next?.most ?? 0;
    return from > most ? 1 : this.#options.layout.chunkLength;
  }

  /**
   * Appends tokens to the sequence whose KV is in the nets' buffers.
   * @param tokens at most `chunkAfter(from)`
   * @param from tokens that it has
   * @throws DeviceError hung, lost, and what `checkAbort` throws
   */
  prefill(tokens: Int32Array, from: number): void {
    // One token is cheaper as a decode: no copy of the history.
    if (tokens.length === 1 && from > 0) {
      this.decode(tokens[0] ?? 0, from);
      return;
    }
    const { chip, runtime } = this.#options;
    const count = tokens.length;
    for (let i = 0; i < count; i++) this.#positionValues[i] = from + i;
    chip.write(this.#positions, bytesOf(this.#positionValues));
    this.#embedding.chunk(tokens);
    for (const [layer, launches] of this.#layers.entries()) {
      // A layer takes milliseconds here, and waiting next to nothing. If all were on their way at
      // once, an abort would find none left to stop.
      chip.settle();
      this.#options.checkAbort();
      if (from === 0) runtime.launch(this.#shapeFirst(launches.first, layer, count));
      else this.#launchNext(launches, layer, count, from);
    }
    this.#aimHead(count);
  }

  /** Appends one token, as `prefill` does. */
  decode(token: number, from: number): void {
    const { chip, runtime, layout, kv } = this.#options;
    const { rowBytes } = layout;
    const stage = stageFor(layout.decodeLengths, from + 1);
    const length = layout.decodeLengths[stage] ?? 0;
    this.#positionValues[0] = from;
    chip.write(this.#positions, bytesOf(this.#positionValues.subarray(0, 1)));
    this.#writeMask(from, length);
    this.#embedding.one(token);
    for (const [layer, { decode }] of this.#layers.entries()) {
      this.#options.checkAbort();
      const launch = decode[stage];
      const own = kv.own[layer];
      if (!launch || !own) throw new RangeError(`There is no layer ${layer}.`);
      const row = from * rowBytes;
      launch.outputs.setMemory(KEYS, Number(own.keys.device_addr) + row, rowBytes);
      launch.outputs.setMemory(VALUES, Number(own.values.device_addr) + row, rowBytes);
      runtime.launch(launch);
    }
    this.#aimHead(1);
  }

  /** After a pass, the head's choice. @throws DeviceError */
  headToken(): number {
    this.#launchHead();
    this.#options.chip.read(this.#headOutput, bytesOf(this.#token));
    return this.#token[0] ?? 0;
  }

  /** After a pass, the logits of its last token, into `logits`. @throws DeviceError */
  headLogits(logits: Float32Array): void {
    this.#launchHead();
    this.#options.chip.read(this.#headOutput, bytesOf(logits));
  }

  close(): void {
    this.#embedding.close();
  }

  #allocate(bytes: number, what: string): DeviceMemory {
    return this.#options.arena.allocateOne(bytes, what);
  }

  #makeEmbedding(): Embedding {
    const { chip, arena, runtime, layout, embeddingFile, vocabularySize } = this.#options;
    const [states] = this.#states;
    return layout.embedding === undefined
      ? new DiskEmbedding(chip, embeddingFile, layout, vocabularySize, states)
      : new NetEmbedding(chip, arena, runtime, layout.embedding, states);
  }

  /** [chunkLength, chunkLength] for static prefill nets; it is the same for every prompt. */
  #causalMask(): DeviceMemory | undefined {
    const { chip, layout } = this.#options;
    const mask = layout.layers[0]?.first.inputs[MASK];
    if (mask === undefined) return undefined;
    const { chunkLength, dtype } = layout;
    const values = new Uint16Array(chunkLength * chunkLength);
    for (let row = 0; row < chunkLength; row++) {
      values.fill(maskedBits[dtype], row * chunkLength + row + 1, (row + 1) * chunkLength);
    }
    const memory = this.#allocate(values.byteLength, 'the causal mask');
    chip.write(memory, bytesOf(values));
    return memory;
  }

  #prepare(
    { first, next, decode }: LayerNets,
    layer: number,
    causal: DeviceMemory | undefined,
  ): LayerLaunches {
    const { kv } = this.#options;
    const [even, odd] = this.#states;
    const [input, output] = layer % 2 === 0 ? [even, odd] : [odd, even];
    const own = kv.own[layer];
    if (!own) throw new RangeError(`There is no layer ${layer}.`);
    const outputs = [output, own.keys, own.values];
    const usable = next?.isDynamic === true && next.inputs.length === 4 ? next : undefined;
    return {
      first: this.#launch(
        first,
        [input, this.#positions, ...(causal === undefined ? [] : [causal])],
        outputs,
      ),
      next: usable && this.#prepareNext(usable, [input, this.#positions], outputs),
      decode: (decode.inputs[0]?.shapes ?? []).map((_, stage) => {
        const [keys, values] = [decode.inputs[3], decode.inputs[4]];
        if (!keys || !values) throw new RangeError(`${decode.name} has no KV cache.`);
        const memories = [memoryOf(keys, stage), memoryOf(values, stage)];
        const inputs = [input, this.#positions, this.#mask, ...memories];
        return this.#launch(decode, inputs, outputs, stage);
      }),
    };
  }

  #prepareNext(
    net: NetInfo,
    inputs: readonly DeviceMemory[],
    outputs: readonly DeviceMemory[],
  ): NextLaunch {
    const [keys, values] = [net.inputs[HISTORY], net.inputs[HISTORY + 1]];
    if (!keys || !values) throw new RangeError(`${net.name} has no history.`);
    const history = { keys: memoryOf(keys), values: memoryOf(values) };
    const memories = [...inputs, history.keys, history.values];
    const [, most = 0] = shapeOf(keys);
    return { ...this.#launch(net, memories, outputs), ...history, most };
  }

  #launch(
    { name, inputs, outputs }: NetInfo,
    inputMemories: readonly DeviceMemory[],
    outputMemories: readonly DeviceMemory[],
    stage = 0,
  ): Launch {
    const bind = (ports: readonly Port[], memories: readonly DeviceMemory[]): TensorArray => {
      const bindings = ports.map((port, n): Binding => {
        const memory = memories[n];
        if (memory === undefined) {
          throw new DeviceError('unsupportedModel', `${name} takes ${ports.length} tensors.`);
        }
        return { port, memory };
      });
      return new TensorArray(bindings, stage);
    };
    return {
      net: name,
      name: cString(name),
      inputs: bind(inputs, inputMemories),
      outputs: bind(outputs, outputMemories),
    };
  }

  #shapeFirst(launch: Launch, layer: number, count: number): Launch {
    if (this.#options.layout.layers[layer]?.first.isDynamic !== true) return launch;
    launch.inputs.setDimension(STATES, 1, count);
    launch.inputs.setDimension(POSITIONS, 1, count);
    return launch;
  }

  #launchNext({ next }: LayerLaunches, layer: number, count: number, from: number): void {
    const { chip, runtime, layout, kv } = this.#options;
    const own = kv.own[layer];
    if (!next || !own) throw new RangeError(`Layer ${layer} takes no history.`);
    const past = from * layout.rowBytes;
    // The runtime ends the process unless there is room for a whole chunk; rows are written as many
    // as there are, so that the last chunk of a context stays within it.
    const room = layout.chunkLength * layout.rowBytes;
    chip.copy(next.keys, 0, own.keys, 0, past);
    chip.copy(next.values, 0, own.values, 0, past);
    next.inputs.setDimension(STATES, 1, count);
    next.inputs.setDimension(POSITIONS, 1, count);
    next.inputs.setDimension(HISTORY, 1, from);
    next.inputs.setDimension(HISTORY + 1, 1, from);
    next.outputs.setMemory(KEYS, Number(own.keys.device_addr) + past, room);
    next.outputs.setMemory(VALUES, Number(own.values.device_addr) + past, room);
    runtime.launch(next);
  }

  /** Open are the tokens before this one, and the last column, which is its own. */
  #writeMask(from: number, length: number): void {
    const values = this.#maskValues.subarray(0, length + 1);
    values.fill(0, 0, from);
    values.fill(maskedBits[this.#options.layout.dtype], from, length);
    values[length] = 0;
    this.#options.chip.write(this.#mask, bytesOf(values));
  }

  /** @param count tokens of the pass: the head will read the last one's states */
  #aimHead(count: number): void {
    const rowBytes = 2 * this.#options.layout.hiddenSize;
    const states = this.#lastStates();
    const address = Number(states.device_addr) + (count - 1) * rowBytes;
    this.#head.inputs.setMemory(0, address, rowBytes);
  }

  #launchHead(): void {
    this.#options.checkAbort();
    this.#options.runtime.launch(this.#head);
  }

  #lastStates(): DeviceMemory {
    const { layers } = this.#options.layout;
    return this.#states[layers.length % 2 === 0 ? 0 : 1];
  }
}
