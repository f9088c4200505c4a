/** The backend's log, for messages to people. */
import { open } from 'node:fs/promises';
import { homeFolder, homePaths } from '../backend/client/home.ts';
import type { BackendSettings } from './settings.ts';

/** Read from the end of the log when something went wrong. */
const TAIL_BYTES = 16_384;

/** The home folder that the settings name. */
export function homeOf({ home }: Pick<BackendSettings, 'home'>): string {
  return homeFolder(home === '' ? undefined : home);
}

/** The last `count` lines of the backend's log, for people; empty when there is no log. */
export async function lastLogLines(settings: BackendSettings, count: number): Promise<string[]> {
  try {
    const file = await open(homePaths(homeOf(settings)).log);
    try {
      const { size } = await file.stat();
      const start = Math.max(0, size - TAIL_BYTES);
      const buffer = Buffer.alloc(size - start);
      await file.read(buffer, 0, buffer.length, start);
      const lines = buffer
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== '');
      return lines.slice(-count).map(readable);
    } finally {
      await file.close();
    }
  } catch {
    return [];
  }
}

/** The message of one line of JSON log, with its error; other lines as they are. */
export function readable(line: string): string {
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== 'object' || entry === null || !('msg' in entry)) return line;
    const err = 'err' in entry ? entry.err : undefined;
    const reason =
      typeof err === 'object' && err !== null && 'message' in err ? `: ${String(err.message)}` : '';
    return `${String(entry.msg)}${reason}`;
  } catch {
    return line;
  }
}
