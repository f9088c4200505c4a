/** Which packages the environment has. Asked of its own Python, which knows best. */
import * as z from 'zod';
import { BUILD_PROGRAMS } from './kernels.ts';
import { parseJsonLine } from './jsonLine.ts';
import { shippedText } from './lock.ts';
import { GLIBC_FILES } from './repair.ts';
import type { Steps } from './steps.ts';
import { lastWords } from './toolEnd.ts';

/** What python/inventory.py prints. */
const Inventory = z.object({
  python: z.string(),
  prefix: z.string(),
  /** Of the programs that the compiler starts besides its own. */
  missing: z.array(z.string()),
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
  const asked = { moved: GLIBC_FILES, programs: BUILD_PROGRAMS };
  const ended = await steps.run(
    python,
    ['-I', '-c', await shippedText('inventory.py'), JSON.stringify(asked)],
    { timeoutMs: TIMEOUT_MS, onLine: (line, stream) => stream === 'stdout' && printed.push(line) },
  );
  const inventory = parseJsonLine(Inventory, printed.at(-1) ?? '');
  if (inventory) return { inventory };
  return { inventory: undefined, reason: `${python}: ${lastWords(ended)}` };
}
