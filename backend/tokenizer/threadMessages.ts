/** What the tokenizer's thread and its owner say to each other; buffers move, they are not copied. */
import type { DeviceErrorCode, ModelMetadata } from '../devices/device.ts';
import type { Pieces } from './pieces.ts';

export interface ToThread {
  readonly id: number;
  readonly text: string;
}

/** First one of `opened` and `failed`; after it, one answer for each text. */
export type FromThread =
  | { readonly opened: { readonly metadata: ModelMetadata; readonly pieces: Pieces } }
  | { readonly failed: { readonly code: DeviceErrorCode; readonly message: string } }
  | { readonly id: number; readonly tokens: Int32Array<ArrayBuffer> };
