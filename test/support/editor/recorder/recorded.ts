/** What the recorder and the tests exchange as files. */
import { join } from 'node:path';
import * as z from 'zod';

/** Where they do, in the home folder of the editor's processes. */
export const folderIn = (home: string): string => join(home, 'recorder-files');

export const files = {
  order: 'order.json',
  answer: 'answer.json',
  /** One request a line. */
  requests: 'requests.jsonl',
} as const;

export const Order = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('command'), command: z.string(), args: z.array(z.json()) }),
  z.object({ kind: z.literal('tool'), tool: z.string(), input: z.looseObject({}) }),
  z.object({ kind: z.literal('tools') }),
]);
export type Order = z.input<typeof Order>;

export const Answer = z.object({ value: z.json().optional(), error: z.string().optional() });
export type Answer = z.infer<typeof Answer>;

/** What VS Code sent to the recorder's language model. */
export const RecordedRequest = z.object({
  messages: z.array(
    z.object({ role: z.enum(['user', 'assistant', 'system']), content: z.string() }),
  ),
  tools: z.array(
    z.object({ name: z.string(), description: z.string(), parameters: z.looseObject({}) }),
  ),
});
export type RecordedRequest = z.infer<typeof RecordedRequest>;
