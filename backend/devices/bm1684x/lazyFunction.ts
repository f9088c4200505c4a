/** Functions of a library, found when they are first called: older libraries lack some. */
import type { LibraryHandle } from 'koffi';

/** Makes the error for a function that a library does not have. */
export type Missing = (symbol: string) => Error;

type AnyFunction = (...args: unknown[]) => unknown;

/**
 * @param declarations C declarations by the names they are called by
 * @returns an object whose functions throw what `missing` makes where the library lacks them
 */
export function lazily<T extends object>(
  library: LibraryHandle,
  declarations: Record<keyof T, string>,
  missing: Missing,
): T {
  const found: Record<string, AnyFunction> = {};
  for (const [name, declaration] of Object.entries<string>(declarations)) {
    found[name] = (...args) => {
      const native = find(library, declaration, missing);
      found[name] = native;
      return native(...args);
    };
  }
  return found as T;
}

function find(library: LibraryHandle, declaration: string, missing: Missing): AnyFunction {
  const symbol = /(\w+)\(/.exec(declaration)?.[1] ?? declaration;
  try {
    return library.func(declaration) as AnyFunction;
  } catch (error) {
    if (error instanceof Error && error.message.includes(symbol)) throw missing(symbol);
    throw error;
  }
}
