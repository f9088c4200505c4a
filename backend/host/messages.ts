/**
 * Messages between the backend and a device host, over Node's IPC channel with the serialization
 * `advanced`, which carries typed arrays. Both sides validate what they receive.
 */
import * as z from 'zod';
import {
  deviceErrorCodes,
  type DeviceNet,
  type HostTensor,
  type ModelMetadata,
  type NetPort,
} from '../devices/device.ts';
import type { DeviceFault } from '../devices/fault.ts';
import { ChipInfo, Telemetry } from '../protocol/devices.ts';
import { Overflow, RequestClass, Sampling } from '../protocol/generation.ts';

const Tokens = z.custom<Int32Array>((value) => value instanceof Int32Array);
const Count = z.number().int().nonnegative();
/** Pairs a reply with its call. */
const Call = z.number().int();
const RequestId = z.string().min(1);

const Fault = z.object({
  code: z.enum([...deviceErrorCodes, 'internal']),
  message: z.string(),
  shortage: z
    .object({
      heap: z.string(),
      neededBytes: z.number(),
      availableBytes: z.number(),
      fits: z.object({ slots: Count, contextLength: Count }).exactOptional(),
      convertedFor: Count.exactOptional(),
    })
    .exactOptional(),
}) satisfies z.ZodType<DeviceFault>;

const SpecialTokenSchema = z.object({ id: Count, text: z.string() });
const Metadata = z.object({
  architecture: z.string(),
  name: z.string(),
  vocabularySize: Count,
  trainedContextLength: Count,
  chatTemplate: z.string().exactOptional(),
  bosToken: SpecialTokenSchema.exactOptional(),
  eosToken: SpecialTokenSchema.exactOptional(),
  addBos: z.boolean(),
  endTokens: z.array(Count).readonly(),
  specialTokens: z.array(SpecialTokenSchema).readonly(),
  fillIn: z
    .object({
      prefix: Count,
      suffix: Count,
      middle: Count,
      repository: Count.exactOptional(),
      file: Count.exactOptional(),
    })
    .exactOptional(),
  sampling: Sampling.exactOptional(),
  isGreedy: z.literal(true).exactOptional(),
}) satisfies z.ZodType<ModelMetadata>;

const Identity = z.object({
  kind: z.string(),
  name: z.string(),
  clockMhz: z.number().exactOptional(),
  libraryVersion: z.string().exactOptional(),
  driverVersion: z.string().exactOptional(),
  chip: ChipInfo.exactOptional(),
});

/** One generation, as the host runs it. */
export const Submission = z.object({
  id: RequestId,
  class: RequestClass,
  /** Order of arrival in the backend. */
  order: z.number(),
  prompt: Tokens,
  /** Tokens generated before, whose text was sent: the generation continues after them. */
  generated: Tokens,
  /** Counted with `generated`. 0 only computes the prompt's KV. */
  maxTokens: Count,
  sampling: Sampling,
  stop: z.array(z.string()),
  overflow: Overflow,
});
export type Submission = z.infer<typeof Submission>;

const HostTensorSchema = z.object({
  shape: z.array(Count).readonly(),
  data: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
}) satisfies z.ZodType<HostTensor>;

const Port = z.object({
  name: z.string(),
  dtype: z.string(),
  bytes: Count,
  shapes: z.array(z.array(Count).readonly()).readonly(),
}) satisfies z.ZodType<NetPort>;

const Net = z.object({
  name: z.string(),
  isDynamic: z.boolean(),
  inputs: z.array(Port).readonly(),
  outputs: z.array(Port).readonly(),
}) satisfies z.ZodType<DeviceNet>;

export const ToHost = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('load'),
    call: Call,
    model: z.string(),
    path: z.string(),
    slots: z.number().int().positive(),
    kvTokens: z.number().int().positive().exactOptional(),
    contextLength: z.number().int().positive().exactOptional(),
  }),
  z.object({
    type: z.literal('encode'),
    call: Call,
    model: z.string(),
    pieces: z.array(z.union([z.string(), Count])),
  }),
  /** The nets of a compiled model, one by one; in place of those before. */
  z.object({ type: z.literal('loadNets'), call: Call, path: z.string() }),
  z.object({
    type: z.literal('runNet'),
    call: Call,
    net: z.string(),
    inputs: z.array(HostTensorSchema).readonly(),
  }),
  z.object({ type: z.literal('telemetry'), call: Call }),
  z.object({ type: z.literal('submit'), model: z.string(), request: Submission }),
  z.object({ type: z.literal('cancel'), model: z.string(), request: RequestId }),
  /** Close the device and exit with 0. */
  z.object({ type: z.literal('stop') }),
]);
export type ToHost = z.infer<typeof ToHost>;

/** What a step was, for the metrics. */
export const StepFacts = z.object({
  /** Steps of this model begun so far, this one included. */
  step: Count,
  durationMs: z.number(),
  prefillTokens: Count,
  decodes: Count,
  /** Slots with a request, waiting for their prefill or not. */
  activeSlots: Count,
});
export type StepFacts = z.infer<typeof StepFacts>;

/** How a request came to its end. Steps are numbered as in `StepFacts`. */
export const RequestEnd = z.object({
  id: RequestId,
  reason: z.enum(['stop', 'length', 'cancelled']),
  /** Of the tokens that came with it, how many were computed; some twice, if it was parked. */
  prefilledTokens: Count,
  /** The last step it took part in; 0 for none. */
  lastStep: Count,
  /** Steps begun when its cancellation arrived. */
  cancelledAtStep: Count.exactOptional(),
});
export type RequestEnd = z.infer<typeof RequestEnd>;

/** All that one turn of a model's loop has to tell, in one message. */
export const Progress = z.object({
  step: StepFacts.exactOptional(),
  /** Requests that got a slot, with the prompt tokens they found there. */
  placed: z.array(z.object({ id: RequestId, cachedTokens: Count })),
  /** Tokens of an answer with the text they made certain. An end token is not among them. */
  answers: z.array(z.object({ id: RequestId, tokens: z.array(Count), text: z.string() })),
  /** Requests whose sequence lost its oldest tokens, having reached the context. */
  slid: z.array(RequestId),
  ended: z.array(RequestEnd),
  failed: z.array(z.object({ id: RequestId, fault: Fault })),
});
export type Progress = z.infer<typeof Progress>;

export const FromHost = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), identity: Identity }),
  /** The device cannot be opened; the host exits, and starting it again would not help. */
  z.object({ type: z.literal('unavailable'), fault: Fault }),
  /** The device is of no use any more; the host ends itself. */
  z.object({ type: z.literal('broken'), fault: Fault }),
  z.object({ type: z.literal('loadProgress'), call: Call, fraction: z.number() }),
  z.object({
    type: z.literal('loaded'),
    call: Call,
    metadata: Metadata,
    slots: Count,
    contextLength: Count,
    kvTokens: Count,
  }),
  z.object({ type: z.literal('encoded'), call: Call, tokens: Tokens }),
  z.object({ type: z.literal('netsLoaded'), call: Call, nets: z.array(Net).readonly() }),
  z.object({
    type: z.literal('netRan'),
    call: Call,
    outputs: z.array(HostTensorSchema).readonly(),
  }),
  z.object({ type: z.literal('telemetry'), call: Call, telemetry: Telemetry }),
  z.object({ type: z.literal('failed'), call: Call, fault: Fault }),
  z.object({ type: z.literal('progress'), model: z.string(), progress: Progress }),
  /** Says that the event loop turns, and for how long the running step has been running. */
  z.object({ type: z.literal('beat'), stepMs: z.number().exactOptional() }),
]);
export type FromHost = z.infer<typeof FromHost>;
