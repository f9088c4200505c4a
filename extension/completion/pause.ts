/** A pause of inline completion in this window: for some minutes, or until the window is loaded anew. */
import * as vscode from 'vscode';

interface Timer {
  dispose(): void;
}

/** Time, so that tests need not wait. */
export interface PauseClock {
  now(): number;
  after(ms: number, callback: () => void): Timer;
}

const systemClock: PauseClock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return { dispose: () => clearTimeout(timer) };
  },
};

export class CompletionPause implements vscode.Disposable {
  private end: number | undefined;
  private timer: Timer | undefined;
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly clock: PauseClock = systemClock) {}

  get active(): boolean {
    return this.end !== undefined;
  }

  /** When it ends; undefined without a pause, or for one without an end. */
  get until(): Date | undefined {
    return this.end === undefined || this.end === Infinity ? undefined : new Date(this.end);
  }

  /** @param ms Infinity: until the window is loaded anew. */
  start(ms: number): void {
    this.timer?.dispose();
    this.end = this.clock.now() + ms;
    this.timer = ms === Infinity ? undefined : this.clock.after(ms, () => this.resume());
    this.changed.fire();
  }

  resume(): void {
    this.timer?.dispose();
    this.timer = undefined;
    if (this.end === undefined) return;
    this.end = undefined;
    this.changed.fire();
  }

  dispose(): void {
    this.timer?.dispose();
    this.changed.dispose();
  }
}
