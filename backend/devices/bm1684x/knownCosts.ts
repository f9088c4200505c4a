/** What is known of a bmodel's times on a chip before it has run there. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { KnownCosts } from '../device.ts';

/** The part of a converted model's manifest that is of use here; see `Prediction`. */
const Manifest = z.object({
  conversion: z.object({
    prediction: z.object({
      firstToken: z.array(
        z.object({
          promptTokens: z.number().positive(),
          milliseconds: z.object({ expected: z.number().positive() }),
        }),
      ),
    }),
  }),
});

/**
 * KV between host and chip, in bytes per ms: PCIe Gen3 x4 moves 4 × 8 GT/s × 128/130 = 3.9 GB/s,
 * of which packet headers and acknowledgements leave about four fifths. A beginning: what copies
 * take is measured (copyCosts.ts).
 */
const COPY_BYTES_PER_MS = 3.2e6;

/** @param folder of the bmodel; without a manifest that predicts, there is no cost of prefill */
export async function knownCosts(folder: string): Promise<KnownCosts> {
  const prefillMsPerToken = await readFile(join(folder, 'manifest.json'), 'utf8')
    .then((text) => predictedPrefill(JSON.parse(text)))
    .catch(() => undefined);
  return {
    ...(prefillMsPerToken !== undefined && { prefillMsPerToken }),
    copyBytesPerMs: COPY_BYTES_PER_MS,
  };
}

/** Of the longest prompt: in a short one the time is that of a step, not of its tokens. */
function predictedPrefill(manifest: unknown): number | undefined {
  const { firstToken } = Manifest.parse(manifest).conversion.prediction;
  const [longest] = [...firstToken].sort((a, b) => b.promptTokens - a.promptTokens);
  return longest && longest.milliseconds.expected / longest.promptTokens;
}
