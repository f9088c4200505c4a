/**
 * The functions of libbmlib that the driver uses: declarations only, one line of bmlib_runtime.h
 * each, for a reviewer to hold against the header (line numbers of libsophon 0.5.1).
 */
import type { LibraryHandle } from 'koffi';
import { lazily, type Missing } from './lazyFunction.ts';
import type { DeviceMemory, Pointer } from './types.ts';

/** Most functions return a bm_status_t; buffers are written in place. */
export interface Bmlib {
  dev_getcount(count: number[]): number;
  dev_request(handle: (Pointer | null)[], device: number): number;
  dev_free(handle: Pointer): void;
  get_chipid(handle: Pointer, chip: number[]): number;
  get_misc_info(handle: Pointer, info: object): number;
  get_driver_version(handle: Pointer, version: number[]): number;
  get_board_name(handle: Pointer, name: Uint8Array): number;
  get_sn(handle: Pointer, serial: Uint8Array): number;
  get_clk_tpu_freq(handle: Pointer, megahertz: number[]): number;

  get_chip_temp(handle: Pointer, celsius: number[]): number;
  get_board_temp(handle: Pointer, celsius: number[]): number;
  get_tpu_power(handle: Pointer, watts: number[]): number;
  get_board_power(handle: Pointer, watts: number[]): number;
  get_fan_speed(handle: Pointer, rpm: number[]): number;
  get_ecc_correct_num(handle: Pointer, count: (number | bigint)[]): number;
  get_stat(handle: Pointer, stat: object): number;
  get_gmem_total_heap_num(handle: Pointer, count: number[]): number;
  get_gmem_heap_stat_byte_by_id(handle: Pointer, stat: object, heap: number): number;

  malloc_device_byte(handle: Pointer, memory: object, bytes: number): number;
  free_device(handle: Pointer, memory: DeviceMemory): void;
  memcpy_s2d_partial_offset(
    handle: Pointer,
    to: DeviceMemory,
    from: Uint8Array,
    bytes: number,
    offset: number,
  ): number;
  memcpy_d2s_partial_offset(
    handle: Pointer,
    to: Uint8Array,
    from: DeviceMemory,
    bytes: number,
    offset: number,
  ): number;
  memcpy_d2d_byte(
    handle: Pointer,
    to: DeviceMemory,
    toOffset: number,
    from: DeviceMemory,
    fromOffset: number,
    bytes: number,
  ): number;
  memset_device_ext(
    handle: Pointer,
    value: Uint8Array,
    bytesOfValue: number,
    memory: DeviceMemory,
  ): number;
  thread_sync(handle: Pointer): number;
}

const declarations: Record<keyof Bmlib, string> = {
  dev_getcount: 'int bm_dev_getcount(_Out_ int *count)', // 423
  dev_request: 'int bm_dev_request(_Out_ void **handle, int devid)', // 446
  dev_free: 'void bm_dev_free(void *handle)', // 465
  get_chipid: 'int bm_get_chipid(void *handle, _Out_ unsigned int *chipid)', // 2229
  get_misc_info: 'int bm_get_misc_info(void *handle, _Inout_ bm_misc_info *info)', // 2217
  get_driver_version: 'int bm_get_driver_version(void *handle, _Out_ int *version)', // 2888
  get_board_name: 'int bm_get_board_name(void *handle, char *name)', // 2900
  get_sn: 'int bm_get_sn(void *handle, char *sn)', // 2836
  get_clk_tpu_freq: 'int bm_get_clk_tpu_freq(void *handle, _Out_ int *freq)', // 2181

  get_chip_temp: 'int bm_get_chip_temp(void *handle, _Out_ unsigned int *temp)', // 2924
  get_board_temp: 'int bm_get_board_temp(void *handle, _Out_ unsigned int *temp)', // 2912
  get_tpu_power: 'int bm_get_tpu_power(void *handle, _Out_ float *power)', // 2936
  get_board_power: 'int bm_get_board_power(void *handle, _Out_ unsigned int *power)', // 2774
  // The driver writes 16 bits of it: it must be 0 before.
  get_fan_speed: 'int bm_get_fan_speed(void *handle, _Inout_ unsigned int *speed)', // 2786
  // Of this the driver writes 32 bits.
  get_ecc_correct_num: 'int bm_get_ecc_correct_num(void *handle, _Inout_ unsigned long *num)', // 2799
  get_stat: 'int bm_get_stat(void *handle, _Inout_ bm_dev_stat_t *stat)', // 2613
  get_gmem_total_heap_num:
    'int bm_get_gmem_total_heap_num(void *handle, _Inout_ unsigned int *num)', // 2666
  get_gmem_heap_stat_byte_by_id:
    'int bm_get_gmem_heap_stat_byte_by_id(void *handle, _Inout_ bm_heap_stat_byte_t *stat, unsigned int id)', // 2679

  malloc_device_byte:
    'int bm_malloc_device_byte(void *handle, _Out_ bm_device_mem_t *mem, unsigned int size)', // 874
  free_device: 'void bm_free_device(void *handle, bm_device_mem_t mem)', // 1027
  memcpy_s2d_partial_offset:
    'int bm_memcpy_s2d_partial_offset(void *handle, bm_device_mem_t dst, const void *src, unsigned int size, unsigned int offset)', // 1169
  memcpy_d2s_partial_offset:
    'int bm_memcpy_d2s_partial_offset(void *handle, void *dst, bm_device_mem_t src, unsigned int size, unsigned int offset)', // 1319
  memcpy_d2d_byte:
    'int bm_memcpy_d2d_byte(void *handle, bm_device_mem_t dst, size_t dst_offset, bm_device_mem_t src, size_t src_offset, size_t size)', // 1447
  memset_device_ext:
    'int bm_memset_device_ext(void *handle, const void *value, int mode, bm_device_mem_t mem)', // 1524
  thread_sync: 'int bm_thread_sync(void *handle)', // 2031
};

/** Functions that the library lacks fail when they are called, by way of `missing`. */
export function bindBmlib(library: LibraryHandle, missing: Missing): Bmlib {
  return lazily<Bmlib>(library, declarations, missing);
}
