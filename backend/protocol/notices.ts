/**
 * Sentences for the reader of an answer, which come beside it as `notice`. In one table, so that the
 * editor can show them in its own language.
 */
import { fillIn, type Details } from './fillIn.ts';

/** `{name}` in a sentence is filled from the notice's details. */
export const noticeTable = {
  noTemplate: 'The model has no chat template, so ChatML is used.',
  badTemplate: "The model's chat template cannot be used ({reason}), so ChatML is used.",
  noTools: 'The model answers without tools: it cannot call them.',
  fewerTools: 'The model knows {kept} of {offered} tools: more do not fit into its context.',
  unknownTool: 'The model asked for a tool that does not exist: {tool}.',
  oldestMessage:
    "The oldest message was left out: the conversation is longer than the model's context.",
  oldestMessages:
    "The oldest {count} messages were left out: the conversation is longer than the model's context.",
  slid: "The oldest part of the text was left out: it is longer than the model's context.",
  longResult: "The middle of a tool's answer was left out: it is longer than the model can read.",
  onlyLikeliest:
    'The model always takes the likeliest token: temperature, seed and penalties need one that is converted with --head logits.',
  repetition: 'The answer was ended, because it had begun to repeat itself.',
  deviceStopped: 'The device stopped in the middle of this answer, which goes on after a restart.',
} as const;

export type NoticeName = keyof typeof noticeTable;

export function notice(name: NoticeName, details: Details = {}): string {
  return fillIn(noticeTable[name], details);
}
