/** Which packages the environment has. Asked of its own Python, which knows best. */
import * as z from 'zod';
import { parseJsonLine } from './jsonLine.ts';
import { shippedText } from './lock.ts';
import { GLIBC_FILES } from './repair.ts';
import { lastWords, type Steps } from './steps.ts';

/** What python/inventory.py prints. */
const Inventory = z.object({
  python: z.string(),
  prefix: z.string(),
  packages: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      /** Its folder of metadata, absolute. */
      info: z.string(),
      /** Why it can't be trusted. */
      damage: z.string().nullable(),
    }),
  ),
});
export type Inventory = z.infer<typeof Inventory>;

const TIMEOUT_MS = 120_000;

/**
 * Undefined with the reason when there is no environment, or one that does not even start.
 * @throws PilotError cancelled
 */
export async function takeInventory(
  steps: Steps,
): Promise<{ inventory: Inventory } | { inventory: undefined; reason: string }> {
  const { python } = steps.layout;
  const printed: string[] = [];
  const ended = await steps.run(
    python,
    ['-I', '-c', await shippedText('inventory.py'), ...GLIBC_FILES],
    { timeoutMs: TIMEOUT_MS, onLine: (line, stream) => stream === 'stdout' && printed.push(line) },
  );
  const inventory = parseJsonLine(Inventory, printed.at(-1) ?? '');
  if (inventory) return { inventory };
  return { inventory: undefined, reason: `${python}: ${lastWords(ended)}` };
}
