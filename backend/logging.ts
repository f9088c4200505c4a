/** The log: readable lines on stderr, JSON lines in a rotated file. Never prompts, answers or tokens. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import pino, { type Logger } from 'pino';
import { createStream } from 'rotating-file-stream';

export type { Logger } from 'pino';

export interface Log {
  readonly logger: Logger;
  /** Writes what is still buffered and closes the file. */
  close(): Promise<void>;
}

/** A second line of defence: nothing should pass these to the log in the first place. */
const REDACTED = ['token', 'authorization', 'prompt', 'text', 'messages', 'content', 'params'];

export function createLog(
  file: string,
  level: string,
  stderr: NodeJS.WritableStream = process.stderr,
): Log {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const rotated = createStream(path.basename(file), {
    path: path.dirname(file),
    size: '10M',
    maxFiles: 5,
    mode: 0o600,
  });
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED.flatMap((key) => [key, `*.${key}`]), censor: '[redacted]' },
    },
    pino.multistream([
      { level: 'trace', stream: quietOnError(rotated, (line) => line) },
      { level: 'trace', stream: quietOnError(stderr, readable) },
    ]),
  );
  return { logger, close: async () => new Promise((resolve) => rotated.end(() => resolve())) };
}

/**
 * A full disk or a closed pipe must not end the backend: it goes on without that stream. The pipe
 * to the process that started it is closed as a rule, once it is ready.
 */
function quietOnError(
  stream: NodeJS.WritableStream,
  convert: (line: string) => string,
): { write(line: string): void } {
  let broken = false;
  stream.on('error', () => (broken = true));
  return {
    write: (line) => {
      if (!broken) stream.write(convert(line));
    },
  };
}

const Line = z.looseObject({
  level: z.string(),
  time: z.string(),
  msg: z.string().default(''),
  err: z.looseObject({ stack: z.string().optional(), message: z.string() }).optional(),
});

/** `TIME LEVEL message key=value`, for the terminal; a stack on lines of its own. */
function readable(line: string): string {
  const { level, time, msg, err, ...rest } = Line.parse(JSON.parse(line));
  const facts = Object.entries(rest).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const stack = err ? `\n${err.stack ?? err.message}` : '';
  return `${[time, level.toUpperCase(), msg, ...facts].join(' ')}${stack}\n`;
}
