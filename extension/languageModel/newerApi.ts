/**
 * What editors know beyond the typings we build with, of VS Code 1.104. All of it is looked for at
 * run time and left alone where it is missing; none of it is proposed API that must be asked for.
 */
import * as vscode from 'vscode';
import * as z from 'zod';

/** Rendered as thinking. Not in the typings up to 1.140; there at run time in 1.139. */
type ThinkingPartClass = new (
  value: string,
  id?: string,
  metadata?: Readonly<Record<string, unknown>>,
) => vscode.LanguageModelResponsePart;

/** `LanguageModelDataPart`: in the typings from 1.140 on; there at run time in 1.139. */
type DataPartClass = new (data: Uint8Array, mimeType: string) => vscode.LanguageModelResponsePart;

export interface NewerParts {
  readonly Thinking: ThinkingPartClass | undefined;
  readonly Data: DataPartClass | undefined;
}

/** @param api the `vscode` module, in an editor of any version */
export function newerParts(api: object = vscode): NewerParts {
  const found = (name: string): unknown => Reflect.get(api, name);
  const Thinking = found('LanguageModelThinkingPart');
  const Data = found('LanguageModelDataPart');
  return {
    Thinking: isThinkingPart(Thinking) ? Thinking : undefined,
    Data: isDataPart(Data) ? Data : undefined,
  };
}

function isThinkingPart(value: unknown): value is ThinkingPartClass {
  return typeof value === 'function';
}

function isDataPart(value: unknown): value is DataPartClass {
  return typeof value === 'function';
}

/**
 * Fields of a model that the typings don't have. `isUserSelectable`: since 1.120 a model without it
 * is missing from the picker. `configurationSchema`: choices in the model's own menu, seen in 1.139;
 * what was chosen comes as `modelConfiguration` with each request.
 */
export interface NewerModelFields {
  readonly isUserSelectable: true;
  readonly configurationSchema?: { readonly properties: Readonly<Record<string, unknown>> };
}

/** What is asked for a group of models that a person has configured; absent otherwise. */
const GroupOptions = z.looseObject({ configuration: z.unknown() });

/** True for the second question about the same models, see `provideLanguageModelChatInformation`. */
export function isForGroup(options: unknown): boolean {
  const { data } = GroupOptions.safeParse(options);
  return data?.configuration !== undefined;
}

/** The choices made in the model's menu. */
const Configured = z.looseObject({ modelConfiguration: z.record(z.string(), z.unknown()) });

export function modelConfiguration(options: unknown): Readonly<Record<string, unknown>> {
  return Configured.safeParse(options).data?.modelConfiguration ?? {};
}
