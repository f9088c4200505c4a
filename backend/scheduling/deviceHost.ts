/** A device host process, seen from the backend. The one file that starts them. */
import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { BaseLogger } from 'pino';
import { DeviceError, type DeviceNet, type HostTensor } from '../devices/device.ts';
import { errorOf } from '../devices/fault.ts';
import { FromHost, type ToHost } from '../host/messages.ts';
import type { Telemetry } from '../protocol/devices.ts';
import { systemClock, type Clock } from './clock.ts';
import { defaultLiveness, Liveness, type LivenessLimits } from './liveness.ts';

/** What is logged here are facts of processes, never text of prompts. */
export type Log = Pick<BaseLogger, 'debug' | 'info' | 'warn' | 'error'>;

export interface DeviceHostOptions {
  /** The JavaScript file to run; it calls `runHost`. */
  readonly modulePath: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly log: Log;
  readonly clock?: Clock;
  readonly liveness?: LivenessLimits;
}

export interface HostExit {
  /** A sentence's end for people: how it went, and why, if a library said so. */
  readonly reason: string;
  /** Last lines of stderr, the newest last. */
  readonly lastLines: readonly string[];
}

/** Answers to calls. */
type Reply = Exclude<Extract<FromHost, { call: number }>, { type: 'failed' | 'loadProgress' }>;
type LoadMessage = Extract<ToHost, { type: 'load' }>;
/** A model as the host has loaded it. */
export type LoadedFacts = Omit<Extract<FromHost, { type: 'loaded' }>, 'type' | 'call'>;

interface PendingCall {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** What native libraries say before they end the process; most do so on stdout. */
const LAST_WORDS = /ASSERT\b(?! info: none)|Assertion|FATAL|exhausted/u;
const KEPT_LINES = 12;
const KEPT_LINE_LENGTH = 400;
/** Starting the process, and opening a card or a library. */
const OPEN_MS = 60_000;
/** How long `stop` waits before it kills. */
const STOP_MS = 5_000;
/** For a process to die of SIGKILL, unless it is inside a driver that does not let it go. */
const DEATH_MS = 15_000;

export class DeviceHost {
  /**
   * Resolves once, when the process is gone and all that it sent has been handed over; also when it
   * cannot be ended.
   */
  readonly stopped: Promise<HostExit>;
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #liveness: Liveness;
  readonly #calls = new Map<number, PendingCall>();
  readonly #lastLines: string[] = [];
  #nextCall = 1;
  #killedBecause: string | undefined;
  #cancelCheck: () => void = () => undefined;
  readonly #cancelOpening: () => void;
  #giveUp: (reason: string) => void = () => undefined;

  /** @param onMessage receives what is not the answer to a call, in order */
  constructor(
    options: DeviceHostOptions,
    private readonly onMessage: (message: FromHost) => void,
  ) {
    const limits = options.liveness ?? defaultLiveness;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log;
    this.#liveness = new Liveness(limits);
    this.#child = fork(options.modulePath, [...(options.args ?? [])], {
      // Run by VS Code's own runtime when the backend is: that is Electron, acting as Node.
      env: {
        ...process.env,
        ...options.env,
        ...(process.versions['electron'] === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' }),
      },
      execArgv: [],
      serialization: 'advanced',
      // Native libraries print to stdout; messages have a channel of their own.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.stopped = this.#followToEnd();
    this.#child.on('message', (message) => {
      this.#receive(message);
    });
    this.#checkLater(limits.checkMs);
    this.#cancelOpening = this.#clock.after(OPEN_MS, () => {
      this.kill('it did not open its device in time');
    });
  }

  /** Undefined once the process has ended. */
  get pid(): number | undefined {
    const { pid, exitCode, signalCode } = this.#child;
    return exitCode === null && signalCode === null ? pid : undefined;
  }

  /** Messages to a host that is gone are lost; `stopped` tells. */
  send(message: ToHost): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** @throws DeviceError as `Device.load`, or `lost` when the host is gone before it answers */
  async load(model: Omit<LoadMessage, 'type' | 'call'>): Promise<LoadedFacts> {
    const reply = await this.#call((call) => ({ type: 'load', call, ...model }));
    if (reply.type !== 'loaded') throw unexpected(reply);
    return reply;
  }

  /** @throws DeviceError lost */
  async encode(model: string, pieces: readonly (string | number)[]): Promise<Int32Array> {
    const reply = await this.#call((call) => ({
      type: 'encode',
      call,
      model,
      pieces: [...pieces],
    }));
    if (reply.type !== 'encoded') throw unexpected(reply);
    return reply.tokens;
  }

  /** @throws DeviceError as `Device.loadNets`, or `lost` */
  async loadNets(path: string): Promise<readonly DeviceNet[]> {
    const reply = await this.#call((call) => ({ type: 'loadNets', call, path }));
    if (reply.type !== 'netsLoaded') throw unexpected(reply);
    return reply.nets;
  }

  /** @throws DeviceError as `LoadedNets.run`, or `lost` */
  async runNet(net: string, inputs: readonly HostTensor[]): Promise<readonly HostTensor[]> {
    const reply = await this.#call((call) => ({ type: 'runNet', call, net, inputs }));
    if (reply.type !== 'netRan') throw unexpected(reply);
    return reply.outputs;
  }

  /** @throws DeviceError lost */
  async telemetry(): Promise<Telemetry> {
    const reply = await this.#call((call) => ({ type: 'telemetry', call }));
    if (reply.type !== 'telemetry') throw unexpected(reply);
    return reply.telemetry;
  }

  /** Ask it to close the device and leave; kill it when it does not. */
  stop(): Promise<HostExit> {
    this.send({ type: 'stop' });
    const cancel = this.#clock.after(STOP_MS, () => {
      this.kill('it did not stop');
    });
    void this.stopped.then(cancel);
    return this.stopped;
  }

  /** End it at once. The first reason given is the one that `stopped` tells. */
  kill(reason: string): void {
    this.#child.kill('SIGKILL');
    if (this.#killedBecause !== undefined) return;
    this.#killedBecause = reason;
    const cancel = this.#clock.after(DEATH_MS, () => {
      this.#giveUp(`${reason}, and its process ${this.#child.pid} cannot be ended`);
    });
    void this.stopped.then(cancel);
  }

  #call(message: (call: number) => ToHost): Promise<Reply> {
    if (!this.#child.connected) return Promise.reject(new DeviceError('lost', 'Its host is gone.'));
    const call = this.#nextCall++;
    return new Promise((resolve, reject) => {
      this.#calls.set(call, { resolve, reject });
      this.send(message(call));
    });
  }

  #receive(received: unknown): void {
    const parsed = FromHost.safeParse(received);
    if (!parsed.success) {
      this.kill(`it sent a message that is not valid: ${parsed.error.message}`);
      return;
    }
    const message = parsed.data;
    this.#liveness.heard(message);
    if (message.type === 'ready') this.#cancelOpening();
    if (!('call' in message) || message.type === 'loadProgress') {
      this.onMessage(message);
      return;
    }
    const pending = this.#calls.get(message.call);
    this.#calls.delete(message.call);
    if (message.type === 'failed') pending?.reject(errorOf(message.fault));
    else pending?.resolve(message);
  }

  #checkLater(ms: number): void {
    this.#cancelCheck = this.#clock.after(ms, () => {
      const problem = this.#liveness.check();
      if (problem !== undefined) this.kill(problem);
      else this.#checkLater(ms);
    });
  }

  /** Of a process that does not end: nothing here waits for it, or hears of it. */
  #letGo(): void {
    const child = this.#child;
    child.removeAllListeners('message');
    if (child.connected) child.disconnect();
    child.stdout?.destroy();
    child.stderr?.destroy();
    child.unref();
  }

  async #followToEnd(): Promise<HostExit> {
    const child = this.#child;
    let lastWords: string | undefined;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        const text = line.slice(0, KEPT_LINE_LENGTH);
        this.#log.debug({ pid: child.pid, line: text }, 'device host printed');
        if (LAST_WORDS.test(text)) lastWords = text.trim();
        if (stream !== child.stderr) return;
        this.#lastLines.push(text);
        if (this.#lastLines.length > KEPT_LINES) this.#lastLines.shift();
      });
    }
    const reason = await new Promise<string>((resolve) => {
      this.#giveUp = resolve;
      child.once('error', (error) => {
        // Also raised when a kill fails; only a process that never was ends here.
        if (child.pid === undefined) resolve(`it could not be started: ${error.message}`);
      });
      // Not `exit`: after `close` nothing is left in the pipes.
      child.once('close', (code, signal) => {
        const how =
          signal === null
            ? `it exited with code ${code ?? 'unknown'}`
            : `it was ended by ${signal}`;
        // Who was about to kill it may have come too late.
        const killedBecause = signal === 'SIGKILL' ? this.#killedBecause : undefined;
        const why = lastWords === undefined ? how : `${how}: ${lastWords}`;
        resolve(killedBecause ?? why);
      });
    });
    if (this.pid !== undefined) this.#letGo();
    else if (child.connected) await new Promise((resolve) => child.once('disconnect', resolve));
    this.#cancelCheck();
    this.#cancelOpening();
    for (const { reject } of this.#calls.values()) reject(new DeviceError('lost', reason));
    this.#calls.clear();
    return { reason, lastLines: [...this.#lastLines] };
  }
}

function unexpected(reply: Reply): Error {
  return new Error(`The device host answered with "${reply.type}".`);
}
