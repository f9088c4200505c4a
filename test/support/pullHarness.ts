/** What a pull needs, with the clock, the dice and the disk under the test's control. */
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { createHttpClient } from '../../backend/models/http.ts';
import type { PullContext, PullEdges, PullProgress } from '../../backend/models/pullContext.ts';
import { Staging } from '../../backend/models/staging.ts';

export interface Recorder {
  readonly progress: PullProgress[];
  readonly notices: string[];
  onProgress(progress: PullProgress): void;
  onNotice(text: string): void;
}

export function createRecorder(): Recorder {
  const progress: PullProgress[] = [];
  const notices: string[] = [];
  return {
    progress,
    notices,
    onProgress: (sample) => progress.push(sample),
    onNotice: (text) => notices.push(text),
  };
}

/** Pauses between tries last no time; `pauses` tells how long they would have been. */
export function createEdges(
  overrides: Partial<PullEdges> = {},
): PullEdges & { readonly pauses: number[] } {
  const pauses: number[] = [];
  const http = createHttpClient({ env: {} });
  onTestFinished(() => http.close());
  return {
    env: {},
    http,
    retry: {
      sleep: (ms) => {
        pauses.push(ms);
        return Promise.resolve();
      },
      random: () => 1,
    },
    freeBytes: () => Promise.resolve(1e12),
    ...overrides,
    pauses,
  };
}

export async function createContext(
  home: string,
  overrides: Partial<PullContext> = {},
): Promise<PullContext & Recorder & { readonly pauses: number[] }> {
  const recorder = createRecorder();
  return {
    ...recorder,
    signal: new AbortController().signal,
    staging: await Staging.open(path.join(home, 'downloads', 'key')),
    ...createEdges(overrides),
    ...overrides,
  };
}
