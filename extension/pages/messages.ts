/** What a page and the extension tell each other. A page is not trusted: what it says is parsed. */
import * as z from 'zod';

export const PageMessage = z.discriminatedUnion('type', [
  /** A button was pressed. */
  z.object({
    type: z.literal('action'),
    action: z.string().max(64),
    value: z.string().max(4096).optional(),
  }),
  /** What the form holds now: after a change, or because it shall be carried out. */
  z.object({
    type: z.literal('form'),
    values: z.record(z.string().max(64), z.union([z.string().max(4096), z.boolean()])),
    isSubmitted: z.boolean(),
  }),
]);
export type PageMessage = z.infer<typeof PageMessage>;
export type FormValues = Readonly<Record<string, string | boolean>>;

export type HostMessage =
  /** The content of an element is exchanged. */
  | {
      readonly type: 'region';
      readonly id: string;
      readonly html: string;
      readonly hasFocus?: boolean;
    }
  /** What is wrong with the fields, by their names; the others are right. */
  | {
      readonly type: 'errors';
      readonly errors: Readonly<Record<string, string>>;
      /** To the first of them. */
      readonly hasFocus: boolean;
    }
  | { readonly type: 'field'; readonly name: string; readonly value: string };
