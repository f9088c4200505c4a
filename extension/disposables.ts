import type { Disposable } from 'vscode';

/**
 * Everything its owner acquired. Once disposed it disposes late arrivals at once, so a connection
 * that opens while the window closes doesn't leak.
 */
export class Disposables implements Disposable {
  private readonly items = new Set<Disposable>();
  private disposed = false;

  /** Returns the item, for `const x = own.add(new X())`. */
  add<T extends Disposable>(item: T): T {
    if (this.disposed) item.dispose();
    else this.items.add(item);
    return item;
  }

  /** Newest first: what came later may use what came before. */
  dispose(): void {
    this.disposed = true;
    const items = [...this.items].reverse();
    this.items.clear();
    for (const item of items) item.dispose();
  }
}
