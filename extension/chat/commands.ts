/** The slash commands of `@tpu`, as in package.json, `contributes.chatParticipants`. */
import * as z from 'zod';

export const ChatCommand = z.enum(['explain', 'fix', 'tests', 'doc', 'commit']);
export type ChatCommand = z.infer<typeof ChatCommand>;

/** Undefined for plain questions, and for commands this version doesn't know. */
export function commandOf(name: string | undefined): ChatCommand | undefined {
  return ChatCommand.safeParse(name).data;
}
