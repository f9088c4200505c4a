/** What a verification asks of a device: nets one by one, and whole answers. */
import type { DeviceNet, HostTensor } from '../devices/device.ts';
import type { VerifyParams } from '../protocol/verification.ts';

/** The nets of a compiled model on a device. */
export interface VerifyNets {
  readonly nets: readonly DeviceNet[];
  /**
   * One launch, as `LoadedNets.run`. A net that ends the device's process has failed by that; the
   * next one is run by another process.
   * @returns the outputs, or why there are none
   * @throws PilotError when no other net could be run either
   */
  run(net: string, inputs: readonly HostTensor[]): Promise<readonly HostTensor[] | string>;
  close(): Promise<void>;
}

/** A compiled model, loaded on a chip or on the emulator by the driver that people are answered by. */
export interface AnswerModel {
  /** Tokens that end an answer. */
  readonly endTokens: readonly number[];
  /**
   * The likeliest tokens after a prompt, as many as asked for or up to an end token, which is not
   * among them.
   * @throws PilotError
   */
  answer(
    prompt: readonly number[],
    maxTokens: number,
  ): Promise<{ readonly tokens: readonly number[]; readonly isEnded: boolean }>;
  /** Ends the device's process. */
  close(): Promise<void>;
}

/** Each of its openings is a process of its own, and a card's chip has one at a time. */
export interface VerifyDevice {
  /**
   * @param bmodel absolute path
   * @throws PilotError
   */
  openNets(bmodel: string, signal: AbortSignal): Promise<VerifyNets>;
  /**
   * @param bmodel absolute path; the tokenizer is beside it
   * @throws PilotError
   */
  openAnswers(bmodel: string, signal: AbortSignal): Promise<AnswerModel>;
}

/** @throws PilotError cardMissing, libraryMissing and others when the device cannot be used */
export type FindVerifyDevice = (home: string, on: VerifyParams['on']) => Promise<VerifyDevice>;
