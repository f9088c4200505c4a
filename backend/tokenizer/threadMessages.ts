/** What the tokenizer's thread and its owner say to each other. */
import type { DeviceErrorCode, ModelMetadata } from '../devices/device.ts';
import type { Pieces } from './pieces.ts';

/** What the thread is started with. */
export interface ThreadData {
  readonly folder: string;
  /** One number, shared: the thread writes which text it is at. */
  readonly current: Int32Array;
}

export interface ToThread {
  /** From 1. */
  readonly id: number;
  readonly text: string;
}

export interface OpenedText {
  readonly metadata: ModelMetadata;
  readonly pieces: Pieces;
}

/** First one of `opened` and `failed`; after it, one answer for each text. */
export type FromThread =
  | { readonly opened: OpenedText }
  | { readonly failed: { readonly code: DeviceErrorCode; readonly message: string } }
  | { readonly id: number; readonly tokens: Int32Array };
