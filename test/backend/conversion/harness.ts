/** Conversions of a small model with a compiler that does what the test says. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { convert, type ConversionEdges } from '../../../backend/conversion/convert.ts';
import { ModelStore } from '../../../backend/models/store.ts';
import { ConvertParams } from '../../../backend/protocol/conversion.ts';
import type { ModelInfo } from '../../../backend/protocol/models.ts';
import { netsOf, placeStandInCompiler, type Misbehaviour } from '../../support/standInCompiler.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { makeTinyModel, tinyShape } from '../../support/tinyModel.ts';

/** Few nets, so that it takes little time. */
export const fewNets = { hasPrefixReuse: false, head: 'token' };

export class ConversionHarness {
  readonly log: string[] = [];
  readonly notices: string[] = [];
  readonly fractions: number[] = [];
  readonly store: ModelStore;
  edges: ConversionEdges;
  #nets: ReturnType<typeof netsOf>;

  private constructor(
    readonly home: string,
    readonly source: string,
  ) {
    this.store = new ModelStore(home);
    this.#nets = netsOf(tinyShape, fewNets);
    this.edges = {
      env: process.env,
      freeBytes: () => Promise.resolve(100e9),
      freeMemory: () => 100e9,
      now: () => performance.now(),
    };
  }

  static async create(): Promise<ConversionHarness> {
    const folder = await temporaryFolder();
    const harness = new ConversionHarness(path.join(folder, 'home'), path.join(folder, 'tiny'));
    await mkdir(harness.home);
    await makeTinyModel(harness.source);
    return harness;
  }

  /** The compiler that is there from now on, and the nets that it makes. */
  async compiler(
    misbehaviour: Misbehaviour = {},
    nets = netsOf(tinyShape, fewNets),
  ): Promise<void> {
    this.#nets = nets;
    const edges = await placeStandInCompiler(this.home, this.#nets, misbehaviour);
    this.edges = { ...this.edges, ...edges };
  }

  async convert(
    params: object = {},
    signal: AbortSignal = new AbortController().signal,
    onLine: (line: string) => void = () => undefined,
  ): Promise<ModelInfo> {
    return convert(
      this.store,
      ConvertParams.parse({ source: this.source, options: fewNets, ...params }),
      {
        onProgress: ({ fraction }) => this.fractions.push(fraction ?? 0),
        onNotice: (text) => this.notices.push(text),
        log: (line) => {
          this.log.push(line);
          onLine(line);
        },
      },
      signal,
      this.edges,
    );
  }

  /** Names of the nets that the last conversion compiled. */
  compiled(): string[] {
    return this.log.flatMap((line) => /^(\w+) is compiled$/.exec(line)?.[1] ?? []);
  }
}
