import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { restoreProposedApiCheck } from './proposedApi.ts';

const bundled =
  "var a=1;function Oe(i,t){return!0}function M(i,t){if(!Oe(i,t))throw new Error(`Extension '${i}' CANNOT use ${t}`)}";

describe('restoreProposedApiCheck', () => {
  it('refuses proposals that the manifest does not name', () => {
    const use = (proposals?: readonly string[]): unknown =>
      runInNewContext(`${restoreProposedApiCheck(bundled)};M(extension, 'chat')`, {
        extension: { enabledApiProposals: proposals },
      });
    expect(() => use(['chat'])).not.toThrow();
    expect(() => use(['other'])).toThrow(/CANNOT use chat/);
    expect(() => use()).toThrow(/CANNOT use chat/);
  });

  it.each([
    ['no check', 'var a=1;'],
    ['two', `${bundled};${bundled}`],
  ])('throws on a file with %s', (_, source) => {
    expect(() => restoreProposedApiCheck(source)).toThrow(/not once/);
  });
});
