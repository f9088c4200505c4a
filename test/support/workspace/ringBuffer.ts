/** A queue of fixed size: when it is full, the oldest item makes room. */
export class RingBuffer<T> {
  private readonly items: T[] = [];

  constructor(private readonly capacity: number) {}

  get length(): number {
    return this.items.length;
  }

  isEmpty(): boolean {
    return this.items.length === 0;
  }

  isFull(): boolean {
    return this.items.length === this.capacity;
  }

  /** Adds an item at the end. */
  push(item: T): void {
    if (this.isFull()) {
      this.items.shift();
    }
    this.items.push(item);
  }

  /** Takes the oldest item out. */
  shift(): T | undefined {
    return this.items.shift();
  }

  /** Removes all items. */
  clear(): void {
    this.items.length = 0;
  }
}
