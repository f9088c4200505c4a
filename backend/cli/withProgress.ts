/** Long work of the command line, with its progress on stderr. */
import type { PullListener } from '../models/pullContext.ts';
import type { Io } from './io.ts';
import { ProgressLine } from './progressLine.ts';

export async function withProgress<T>(
  io: Io,
  work: (listener: PullListener) => Promise<T>,
): Promise<T> {
  const line = new ProgressLine(io.stderr);
  try {
    return await work({
      onProgress: (progress) => line.update(progress),
      onNotice: (text) => line.note(text),
    });
  } finally {
    line.clear();
  }
}
