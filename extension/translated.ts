import * as vscode from 'vscode';

/**
 * A sentence of the backend in the language of the editor; undefined when it was not made from the
 * template. The backend fills in its sentences in English: reading the details back out of them lets
 * the bundle translate the template, without a second table and without a change to the protocol.
 */
export function translated(template: string, sentence: string): string | undefined {
  const keys: string[] = [];
  const pattern = template
    .split(/(\{\w+\})/)
    .map((part) => {
      const key = /^\{(\w+)\}$/.exec(part)?.[1];
      if (key === undefined) return part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
      keys.push(key);
      return '(.*?)';
    })
    .join('');
  const match = new RegExp(`^${pattern}$`, 's').exec(sentence);
  if (!match) return undefined;
  return vscode.l10n.t(
    template,
    Object.fromEntries(keys.map((key, i) => [key, match[i + 1] ?? ''])),
  );
}
