/** Holds the lock of the chip named in its arguments, says so to its parent, and stays. */
import { lockChip } from '../../backend/card/chipLock.ts';

const [chip, waitMs] = process.argv.slice(2).map(Number);
try {
  await lockChip(chip ?? 0, waitMs);
  // A listener keeps the channel, and with it the process.
  process.on('message', () => undefined);
  process.send?.('held');
} catch (error) {
  process.send?.(error instanceof Error ? error.message : String(error));
  process.disconnect();
}
