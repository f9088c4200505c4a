/**
 * The bytes' side of a connection: frames of a websocket to messages for vscode-jsonrpc and back.
 * What is no acceptable message is answered here, once, and goes no further.
 */
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  Message,
  type DataCallback,
  type Disposable,
  type MessageReader,
  type MessageWriter,
} from 'vscode-jsonrpc';
import type { RawData, WebSocket } from 'ws';
import { PilotError } from '../protocol/errors.ts';
import { readFrame, type RequestId } from './frame.ts';
import type { ConnectionLimits } from './limits.ts';
import { TokenBucket } from './tokenBucket.ts';

export interface TransportEvents {
  /** The client did something wrong: what, never its text. */
  onFault(fault: string): void;
  /** Every request has had its reply. */
  onIdle(): void;
}

export class WebSocketTransport {
  readonly reader: MessageReader;
  readonly writer: MessageWriter;
  readonly #socket: WebSocket;
  readonly #limits: ConnectionLimits;
  readonly #events: TransportEvents;
  readonly #bucket: TokenBucket;
  /** Requests without a reply. The keys are those of vscode-jsonrpc, to which 1 and "1" are equal. */
  readonly #pending = new Set<string>();

  constructor(socket: WebSocket, limits: ConnectionLimits, events: TransportEvents) {
    this.#socket = socket;
    this.#limits = limits;
    this.#events = events;
    this.#bucket = new TokenBucket(limits.messages);
    this.reader = new Reader(socket, (data, binary, deliver) => {
      this.#receive(data, binary, deliver);
    });
    this.writer = new Writer(socket, (message) => this.#send(message));
  }

  /** Requests without a reply. */
  get pending(): number {
    return this.#pending.size;
  }

  #receive(data: Buffer, binary: boolean, deliver: DataCallback): void {
    const waitMs = this.#bucket.take();
    if (waitMs > 0) this.#pauseReading(waitMs);
    const frame = readFrame(data, binary, this.#limits.messageBytes);
    switch (frame.kind) {
      case 'request': {
        const refusal = this.#refuse(frame.message.id, waitMs);
        if (refusal) {
          this.#answer(refusal, frame.message.id);
          return;
        }
        this.#pending.add(String(frame.message.id));
        deliver(frame.message);
        return;
      }
      case 'notification':
        deliver(frame.message);
        return;
      case 'ignored':
        this.#events.onFault(frame.why);
        return;
      case 'bad':
        this.#answer(frame.error, frame.id);
        return;
      default:
        frame satisfies never;
    }
  }

  #refuse(id: RequestId, waitMs: number): PilotError | undefined {
    if (waitMs > 0) return new PilotError('rateLimited', {}, { retryAfterMs: waitMs });
    if (this.#pending.has(String(id))) return new PilotError('duplicateId', { id });
    const waiting = this.#pending.size;
    if (waiting < this.#limits.inFlight) return undefined;
    return new PilotError('overloaded', { waiting }, { retryAfterMs: 1000 });
  }

  /** What has been received already is still read; the sender then feels its own pace. */
  #pauseReading(ms: number): void {
    if (this.#socket.isPaused) return;
    this.#socket.pause();
    // Timers may fire a fraction of a millisecond early.
    setTimeout(() => this.#socket.resume(), ms + 1);
  }

  #answer(error: PilotError, id: RequestId | null): void {
    this.#events.onFault(error.errorName);
    const { code, message, data } = error;
    // Not through #send: the id may be that of a request which still waits for its own reply.
    this.#write(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, data } }));
  }

  #send(message: Message): void {
    this.#write(JSON.stringify(message));
    if (!Message.isResponse(message)) return;
    this.#pending.delete(String(message.id));
    if (this.#pending.size === 0) this.#events.onIdle();
  }

  #write(text: string): void {
    // Answers to a client that has left have nowhere to go.
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(text);
    if (this.#socket.bufferedAmount > this.#limits.bufferedBytes) {
      this.#events.onFault('does not read its answers');
      this.#socket.terminate();
    }
  }
}

class Reader extends AbstractMessageReader implements MessageReader {
  constructor(
    private readonly socket: WebSocket,
    private readonly receive: (data: Buffer, binary: boolean, deliver: DataCallback) => void,
  ) {
    super();
    socket.on('close', () => this.fireClose());
  }

  listen(callback: DataCallback): Disposable {
    const onMessage = (data: RawData, binary: boolean): void => {
      // One Buffer, as binaryType is `nodebuffer`.
      if (Buffer.isBuffer(data)) this.receive(data, binary, callback);
    };
    this.socket.on('message', onMessage);
    return { dispose: () => this.socket.off('message', onMessage) };
  }
}

class Writer extends AbstractMessageWriter implements MessageWriter {
  constructor(
    private readonly socket: WebSocket,
    private readonly send: (message: Message) => void,
  ) {
    super();
  }

  async write(message: Message): Promise<void> {
    this.send(message);
    return Promise.resolve();
  }

  end(): void {
    this.socket.close(1000);
  }
}
