/** Time as the scheduler sees it, passed in so that tests can hold its hands. */
export interface Clock {
  /** Monotonic, in ms, from any origin. */
  now(): number;
  /** Call `action` once, after so many ms, unless the returned function is called before. */
  after(ms: number, action: () => void): () => void;
}

/** Not stopped by corrections of the wall clock. Its timers do not keep a process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms).unref();
    return () => {
      clearTimeout(timer);
    };
  },
};
