/**
 * The text of `chatLanguageModels.json`: an array of groups, each with the vendor of its models.
 * Seen in VS Code 1.139.1, which writes it with tabs itself.
 */
import * as z from 'zod';

const Groups = z.array(z.looseObject({ name: z.string(), vendor: z.string() }));

export interface Group {
  readonly name: string;
  readonly vendor: string;
}

/** The text without that group; undefined when it is not what we know, such as JSON with comments. */
export function withoutGroup(text: string, { name, vendor }: Group): string | undefined {
  let content: unknown;
  try {
    content = JSON.parse(text.trim() === '' ? '[]' : text);
  } catch {
    return undefined;
  }
  const { data } = Groups.safeParse(content);
  const kept = data?.filter((group) => group.name !== name || group.vendor !== vendor);
  return kept && JSON.stringify(kept, undefined, '\t');
}
