import { Minimatch } from 'minimatch';

/** Glob patterns of paths whose text never leaves the editor. */
export class ExcludeList {
  private readonly matchers: readonly Minimatch[];

  constructor(patterns: readonly string[]) {
    // Case is ignored on every system: `.ENV` holds the same secrets as `.env`.
    this.matchers = patterns.map(
      (pattern) => new Minimatch(pattern, { dot: true, nocase: true, nocomment: true }),
    );
  }

  /** `path` is a URI's path: slashes on every system. */
  excludes(path: string): boolean {
    return this.matchers.some((matcher) => matcher.match(path));
  }
}
