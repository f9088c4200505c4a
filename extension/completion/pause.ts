/** A pause of inline completion in this window: for some minutes, or until the window is loaded anew. */
import * as vscode from 'vscode';
import { systemAfter, type Clock, type Timer } from '../clock.ts';

/** The end of a pause is told as a time of day. */
const wallClock: Clock = { now: () => Date.now(), after: systemAfter };

export class CompletionPause implements vscode.Disposable {
  private end: number | undefined;
  private timer: Timer | undefined;
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly clock: Clock = wallClock) {}

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
