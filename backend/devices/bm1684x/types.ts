/**
 * Structures and constants of bmlib_runtime.h, bmdef.h and bmruntime_interface.h of libsophon (the
 * layouts of 0.5.1 and of the headers of 2026 are the same), as far as the driver uses them.
 */
import koffi from 'koffi';

/** A C pointer. koffi gives null for NULL. */
export type Pointer = bigint;

/** bm_device_mem_t: a piece of device memory. Passed by value. */
export interface DeviceMemory {
  /** In the chip's address space; below 2^53. */
  readonly device_addr: number | bigint;
  readonly reserved: number;
  readonly dmabuf_fd: number;
  readonly flags: number;
  /** In bytes. */
  readonly size: number;
}

koffi.struct('bm_device_mem_t', {
  device_addr: 'uint64_t',
  reserved: 'uint32_t',
  dmabuf_fd: 'int32_t',
  flags: 'uint32_t',
  size: 'uint32_t',
});
koffi.struct('bm_shape_t', { num_dims: 'int', dims: koffi.array('int', 8) });
koffi.struct('bm_tensor_t', {
  dtype: 'int',
  shape: 'bm_shape_t',
  device_mem: 'bm_device_mem_t',
  st_mode: 'int',
});
koffi.struct('bm_stage_info_t', {
  input_shapes: 'void *',
  output_shapes: 'void *',
  input_mems: 'void *',
  output_mems: 'void *',
});
koffi.struct('bm_net_info_t', {
  name: 'const char *',
  is_dynamic: 'bool',
  input_num: 'int',
  input_names: 'void *',
  input_dtypes: 'void *',
  input_scales: 'void *',
  output_num: 'int',
  output_names: 'void *',
  output_dtypes: 'void *',
  output_scales: 'void *',
  stage_num: 'int',
  stages: 'void *',
  max_input_bytes: 'void *',
  max_output_bytes: 'void *',
  input_zero_point: 'void *',
  output_zero_point: 'void *',
  input_loc_devices: 'void *',
  output_loc_devices: 'void *',
  core_num: 'int',
  addr_mode: 'int',
});
koffi.struct('bm_heap_stat_byte_t', {
  heap_id: 'uint32_t',
  total: 'uint64_t',
  avail: 'uint64_t',
  used: 'uint64_t',
  start_addr: 'uint64_t',
});
koffi.struct('bm_misc_info', {
  pcie_soc_mode: 'int',
  ddr_ecc_enable: 'int',
  ddr0a_size: 'int64_t',
  ddr0b_size: 'int64_t',
  ddr1_size: 'int64_t',
  ddr2_size: 'int64_t',
  chipid: 'uint32_t',
  chipid_bit_mask: 'uint64_t',
  driver_version: 'uint32_t',
  domain_bdf: 'int32_t',
  board_version: 'int32_t',
  a53_enable: 'int32_t',
  dyn_enable: 'int32_t',
});
koffi.struct('bm_heap_stat', {
  mem_total: 'uint32_t',
  mem_avail: 'uint32_t',
  mem_used: 'uint32_t',
});
koffi.struct('bm_dev_stat_t', {
  mem_total: 'int',
  mem_used: 'int',
  tpu_util: 'int',
  heap_num: 'int',
  heap_stat: koffi.array('bm_heap_stat', 4),
});

/** Sizes that gcc gives them on x86-64 and arm64, measured. */
const sizes = {
  bm_device_mem_t: 24,
  bm_shape_t: 36,
  bm_tensor_t: 72,
  bm_stage_info_t: 32,
  bm_net_info_t: 144,
  bm_heap_stat_byte_t: 40,
  bm_misc_info: 80,
  bm_dev_stat_t: 64,
} as const;

/** Types whose size on this machine is another than the libraries' headers mean. */
export function wrongSizes(): string[] {
  return Object.entries(sizes)
    .filter(([name, size]) => koffi.sizeof(name) !== size)
    .map(([name]) => name);
}

/** bm_status_t, bmlib_runtime.h:58. */
export const Status = {
  success: 0,
  deviceNotReady: 1,
  failure: 2,
  timeout: 3,
  parameter: 4,
  noMemory: 5,
  data: 6,
  busy: 7,
  noFeature: 8,
  notSupported: 9,
} as const;

/** bm_data_type_t, bmdef.h:28, in its order. */
export const dtypes = ['f32', 'f16', 'i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'bf16'] as const;
export type Dtype = (typeof dtypes)[number];

/** The chip's id, as bm_get_chipid gives it. */
export const BM1684X = 0x1686;

/** Where fields of a bm_tensor_t lie, in bytes. */
export const tensorLayout = {
  bytes: sizes.bm_tensor_t,
  dtype: 0,
  dimensionCount: 4,
  dimensions: 8,
  address: 40,
  size: 60,
} as const;

/** An array of structures or numbers in the library's memory. */
export function decodeArray(pointer: unknown, type: string, count: number): unknown[] {
  return Array.from(koffi.decode(pointer, koffi.array(type, count)) as ArrayLike<unknown>);
}

export function decodeStruct(pointer: unknown, type: string): Record<string, unknown> {
  return koffi.decode(pointer, type) as Record<string, unknown>;
}

/** @throws TypeError unless koffi gave a pointer that is not NULL */
export function toPointer(value: unknown): Pointer {
  if (typeof value !== 'bigint') throw new TypeError('The library gave no pointer.');
  return value;
}
