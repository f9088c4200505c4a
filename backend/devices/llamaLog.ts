/** What libllama says while it loads: the reason of a failure is nowhere else. */
import koffi from 'koffi';
import { logCallback } from './llamaTypes.ts';
import type { LlamaLibrary } from './llamaLibrary.ts';

/** GGML_LOG_LEVEL_ERROR */
const ERROR = 4;
const KEPT_LINES = 20;

/**
 * Collect the library's error messages during `work`. The callback is JavaScript, so the library
 * may log from another thread only while the event loop turns: `work` must not block it. At all
 * other times the log goes to a native function that drops it.
 */
export async function withErrors<T>(
  { api, abs }: Pick<LlamaLibrary, 'api' | 'abs'>,
  work: (errors: readonly string[]) => Promise<T>,
): Promise<T> {
  const errors: string[] = [];
  const listen = (level: number, text: string | null): void => {
    if (level === ERROR && text !== null && errors.length < KEPT_LINES) errors.push(text.trim());
  };
  const callback = koffi.register(listen, logCallback);
  api.log_set(callback, null);
  try {
    return await work(errors);
  } finally {
    api.log_set(abs, null);
    koffi.unregister(callback);
  }
}
