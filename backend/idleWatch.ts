/** Notices when nobody has used the backend for a while. */

export class IdleWatch {
  readonly #afterMs: number | undefined;
  readonly #isUsed: () => boolean;
  readonly #onIdle: () => void;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /**
   * @param afterMs of being unused on end; undefined: never idle
   * @param isUsed asked at each change, and once more before `onIdle`
   */
  constructor(afterMs: number | undefined, isUsed: () => boolean, onIdle: () => void) {
    this.#afterMs = afterMs;
    this.#isUsed = isUsed;
    this.#onIdle = onIdle;
  }

  /** To be called when what `isUsed` looks at has changed. */
  changed(): void {
    clearTimeout(this.#timer);
    if (this.#afterMs === undefined || this.#closed || this.#isUsed()) return;
    this.#timer = setTimeout(() => {
      if (!this.#isUsed()) this.#onIdle();
    }, this.#afterMs);
    this.#timer.unref();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }
}
