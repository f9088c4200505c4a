/**
 * code-server lets every extension use proposed API, which VS Code itself refuses. Without this, an
 * extension that works in the tests could fail for everybody else.
 */

/** The check, made to answer yes always, in front of the function that throws by it. */
const ALWAYS_YES =
  /(?<before>function (?<check>\w+)\((?<extension>\w+),(?<proposal>\w+)\)\{return)!0(?<after>\}function \w+\(\k<extension>,\k<proposal>\)\{if\(!\k<check>\(\k<extension>,\k<proposal>\)\)throw new Error\(`Extension )/g;

/**
 * Makes code-server's extension host refuse what the manifest does not ask for, as VS Code does.
 * @param source Of `extensionHostProcess.js`
 * @throws Error when the check is not found exactly once
 */
export function restoreProposedApiCheck(source: string): string {
  const found = [...source.matchAll(ALWAYS_YES)].length;
  if (found !== 1) {
    throw new Error(`The check for proposed API is in this editor ${found} times, not once.`);
  }
  return source.replace(
    ALWAYS_YES,
    '$<before> !!$<extension>.enabledApiProposals?.includes($<proposal>)$<after>',
  );
}
