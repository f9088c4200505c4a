/** The one order of requests, in the queue and on the device: by class, and ageing. */
import { RequestClass } from '../protocol/generation.ts';

/**
 * For how long, in ms, a request lets newer ones of the most urgent class pass. So a class goes
 * before the next one, but no request waits for ever.
 */
const patienceMs: Readonly<Record<RequestClass, number>> = {
  completion: 0,
  chat: 5_000,
  agent: 15_000,
  batch: 60_000,
  warmup: 300_000,
};

/** 0 for the most urgent class. */
export function rankOf(requestClass: RequestClass): number {
  return RequestClass.options.indexOf(requestClass);
}

/** How urgent a request is that has waited so long: the larger goes first. */
export function urgency(requestClass: RequestClass, waitedMs: number): number {
  return waitedMs - patienceMs[requestClass];
}

/**
 * The same order as a number that does not change with time, so that it can be a key in a sorted
 * set: the smaller goes first. Equal keys go by arrival.
 * @param arrivedAt in ms, from the clock that all requests share
 */
export function orderKey(requestClass: RequestClass, arrivedAt: number): number {
  return arrivedAt + patienceMs[requestClass];
}
