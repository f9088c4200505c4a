/** What every driver checks of a plan before it touches its device. */
import type { StepPlan } from './device.ts';

/** What a plan is held against. */
export interface SlotShape {
  readonly slots: number;
  readonly contextLength: number;
  readonly metadata: { readonly vocabularySize: number };
  /** Tokens that the slot holds. */
  length(slot: number): number;
}

/** @throws RangeError unless `slot` is one of the model's. */
export function checkSlot(model: Pick<SlotShape, 'slots'>, slot: number): void {
  if (!Number.isInteger(slot) || slot < 0 || slot >= model.slots) {
    throw new RangeError(`There is no slot ${slot}; the model has ${model.slots}.`);
  }
}

/** @throws RangeError unless `length` is between 0 and what the slot holds. */
export function checkHeld(model: SlotShape, slot: number, length: number): void {
  checkSlot(model, slot);
  const held = model.length(slot);
  if (!Number.isInteger(length) || length < 0 || length > held) {
    throw new RangeError(`Slot ${slot} holds ${held} tokens, not ${length}.`);
  }
}

/** @throws RangeError unless `token` is in the vocabulary. */
export function checkToken(model: Pick<SlotShape, 'metadata'>, token: number): void {
  const size = model.metadata.vocabularySize;
  if (!Number.isInteger(token) || token < 0 || token >= size) {
    throw new RangeError(`There is no token ${token}; the vocabulary has ${size}.`);
  }
}

/**
 * Check a whole plan, so that a step either starts or changes nothing.
 * @returns the number of tokens that the step appends
 * @throws RangeError naming the first thing that does not fit
 */
export function checkPlan(model: SlotShape, plan: StepPlan): number {
  const seen = new Set<number>();
  let total = 0;
  const append = (slot: number, tokens: Iterable<number>, count: number): void => {
    checkSlot(model, slot);
    if (seen.has(slot)) throw new RangeError(`Slot ${slot} appears twice in the plan.`);
    seen.add(slot);
    if (model.length(slot) + count > model.contextLength) {
      throw new RangeError(
        `Slot ${slot} has room for ${model.contextLength - model.length(slot)} tokens, not ${count}.`,
      );
    }
    for (const token of tokens) checkToken(model, token);
    total += count;
  };

  for (const { slot, token } of plan.decodes) append(slot, [token], 1);
  if (plan.prefill !== undefined) {
    const { slot, tokens, from } = plan.prefill;
    append(slot, tokens, tokens.length);
    if (tokens.length === 0) throw new RangeError('The prefill chunk has no tokens.');
    if (from !== model.length(slot)) {
      throw new RangeError(`Slot ${slot} holds ${model.length(slot)} tokens, not ${from}.`);
    }
  }
  if (total === 0) throw new RangeError('The plan has nothing to do.');
  return total;
}
