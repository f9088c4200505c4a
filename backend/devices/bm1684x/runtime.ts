/** One bmodel in the runtime of one chip: its nets, and how they are launched. */
import { basename } from 'node:path';
import { DeviceError } from '../device.ts';
import type { Chip } from './chip.ts';
import { readNetInfo, type NetInfo } from './netInfo.ts';
import type { TensorArray } from './tensorArray.ts';
import type { Pointer } from './types.ts';

/** A net with its arguments, made once and launched many times. */
export interface Launch {
  readonly net: string;
  /** The same as a C string. */
  readonly name: Uint8Array;
  readonly inputs: TensorArray;
  readonly outputs: TensorArray;
}

export class Runtime {
  readonly #chip: Chip;
  readonly #runtime: Pointer;

  private constructor(chip: Chip, runtime: Pointer) {
    this.#chip = chip;
    this.#runtime = runtime;
  }

  /** @throws DeviceError libraryTooOld, lost */
  static load(chip: Chip, file: string): Runtime {
    const { bmrt } = chip.libraries;
    const created = bmrt.create(chip.handle);
    if (created === null) throw new DeviceError('lost', 'The runtime cannot be made.');
    const runtime = new Runtime(chip, created);
    if (bmrt.load_bmodel(created, file)) return runtime;
    runtime.destroy();
    throw new DeviceError(
      'libraryTooOld',
      `its runtime does not load ${basename(file)}, which may have been made by a newer compiler.`,
    );
  }

  /** Undefined when the model has no such net. */
  net(name: string): NetInfo | undefined {
    const found = this.#chip.libraries.bmrt.get_network_info(this.#runtime, name);
    return found === null ? undefined : readNetInfo(found);
  }

  /**
   * Puts a net on its way; a static one is not waited for.
   * @throws DeviceError hung, lost
   */
  launch({ net, name, inputs, outputs }: Launch): void {
    const { bmrt } = this.#chip.libraries;
    const isLaunched = this.#chip.timed(() =>
      bmrt.launch_tensor_ex(
        this.#runtime,
        name,
        inputs.bytes,
        inputs.count,
        outputs.bytes,
        outputs.count,
        true,
        false,
      ),
    );
    this.#chip.launched(net);
    if (isLaunched) return;
    // Says why, when it is the chip that does not answer.
    this.#chip.settle();
    throw new DeviceError('lost', `The runtime did not launch ${net}.`);
  }

  destroy(): void {
    this.#chip.libraries.bmrt.destroy(this.#runtime);
  }
}
