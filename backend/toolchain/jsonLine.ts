/** What the toolchain's Python tells us: JSON, a line each, among lines of whatever it imports. */
import type * as z from 'zod';

/** Undefined for a line that is something else. */
export function parseJsonLine<T>(schema: z.ZodType<T>, line: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
