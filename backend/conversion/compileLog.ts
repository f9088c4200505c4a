/** Whether a net was compiled, by what the compiler has printed: its exit code may be 0 anyway. Pure. */

/**
 * What it prints when something is wrong. Not every line with "error" is one: it calls a measure so,
 * and libraries that are looked for in vain are none that a model needs.
 */
const FAULT =
  /\berror:|\bTraceback \(most recent call last\)|\bASSERT|\bUNREACHABLE|\bFATAL\b|\[(?:Failed|Error|ERROR|CRITICAL)\]|(?:pass|frontend|compile|codegen) failed|Segmentation fault|core dumped|double free|\bstd::bad_alloc|what\(\):/u;
const RUNNING = /^\[Running\]: (?<command>.*)$/u;
const SUCCESS = /^\[Success\]: (?<command>.*)$/u;

export class CompileLog {
  readonly #open = new Set<string>();
  #compiled = 0;
  #fault: string | undefined;

  add(line: string): void {
    const started = RUNNING.exec(line)?.groups?.['command'];
    if (started !== undefined) this.#open.add(started);
    const ended = SUCCESS.exec(line)?.groups?.['command'];
    if (ended !== undefined) {
      this.#open.delete(ended);
      if (ended.startsWith('tpuc-opt ')) this.#compiled++;
    }
    // A command that is shown may have any words in it.
    if (started === undefined && ended === undefined && FAULT.test(line)) this.#fault ??= line;
  }

  /** Why the net is not to be trusted; undefined when nothing speaks against it. */
  get problem(): string | undefined {
    if (this.#fault !== undefined) return this.#fault.trim().slice(0, 300);
    const [open] = this.#open;
    if (open !== undefined) return `"${open.slice(0, 60)}" did not end`;
    // Lowering, optimizing and writing.
    return this.#compiled < 3
      ? `only ${this.#compiled} of its 3 passes were seen to end`
      : undefined;
  }
}
