/** Refuses dimensions that the card's compiler would refuse, or that no model can have. */
import { FormatError } from '../formats/fileCursor.ts';
import { toPlainText } from '../formats/plainText.ts';
import { architectures, type ModelShape } from './modelShape.ts';

/** A sound model that cannot run on the card. */
export class UnsupportedShape extends Error {
  override readonly name = 'UnsupportedShape';
}

/** Far above every model there is, and low enough that products of them stay exact. */
const MOST = 10_000_000;

/**
 * @param name the model's architecture, checked before its dimensions are read
 * @throws FormatError; UnsupportedShape
 */
export function checkShape(name: string, read: () => Omit<ModelShape, 'architecture'>): ModelShape {
  const architecture = architectures.find((known) => known === name);
  if (architecture === undefined) {
    const known = architectures.join(', ');
    throw new UnsupportedShape(
      `its architecture is "${toPlainText(name)}"; ${known} are supported`,
    );
  }
  const shape = { architecture, ...read() };
  for (const [key, value] of Object.entries(shape)) {
    if (typeof value !== 'number') continue;
    if (!Number.isInteger(value) || value < 1 || value > MOST) {
      throw new FormatError(`it has the ${key} ${value}`);
    }
  }
  if (shape.heads % shape.kvHeads !== 0) {
    throw new FormatError(`its ${shape.heads} heads do not divide by ${shape.kvHeads} KV heads`);
  }
  return shape;
}
