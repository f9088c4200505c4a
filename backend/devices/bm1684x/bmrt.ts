/**
 * The functions of libbmrt that the driver uses: declarations only, one line of
 * bmruntime_interface.h each, for a reviewer to hold against the header (line numbers of the header
 * of 2026; those marked "new" are not in libsophon 0.5.1). Functions that return bool return false
 * for a failure.
 */
import type { LibraryHandle } from 'koffi';
import { lazily, type Missing } from './lazyFunction.ts';
import type { Pointer } from './types.ts';

export interface Bmrt {
  create(handle: Pointer): Pointer | null;
  destroy(runtime: Pointer): void;
  load_bmodel(runtime: Pointer, path: string): boolean;
  get_network_number(runtime: Pointer): number;
  /** A bm_net_info_t that the runtime keeps; null when there is no such net. */
  get_network_info(runtime: Pointer, name: string): Pointer | null;
  /**
   * @param name C string
   * @param inputs array of bm_tensor_t
   * @param outputs array of bm_tensor_t, whose shapes are written
   * @param userMemory the outputs' memory is the caller's
   */
  launch_tensor_ex(
    runtime: Pointer,
    name: Uint8Array,
    inputs: Uint8Array,
    inputCount: number,
    outputs: Uint8Array,
    outputCount: number,
    userMemory: boolean,
    userStoreMode: boolean,
  ): boolean;
}

const declarations: Record<keyof Bmrt, string> = {
  create: 'void *bmrt_create(void *bm_handle)', // 110
  destroy: 'void bmrt_destroy(void *p_bmrt)', // 137
  load_bmodel: 'bool bmrt_load_bmodel(void *p_bmrt, const char *bmodel_path)', // 201
  get_network_number: 'int bmrt_get_network_number(void *p_bmrt)', // 377
  get_network_info: 'void *bmrt_get_network_info(void *p_bmrt, const char *net_name)', // 413
  launch_tensor_ex:
    'bool bmrt_launch_tensor_ex(void *p_bmrt, const void *net_name, const void *input_tensors, int input_num, void *output_tensors, int output_num, bool user_mem, bool user_stmode)', // 496
};

/** Functions that the library lacks fail when they are called, by way of `missing`. */
export function bindBmrt(library: LibraryHandle, missing: Missing): Bmrt {
  return lazily<Bmrt>(library, declarations, missing);
}
