/** A websocket as the pair of reader and writer that vscode-jsonrpc and vscode-languageclient take. */
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageReader,
  type MessageWriter,
} from 'vscode-jsonrpc';
import type { RawData, WebSocket } from 'ws';
import { MAX_MESSAGE_BYTES } from '../protocol/handshake.ts';
import { messageTooLarge } from './remoteError.ts';

/** One JSON-RPC message in each text frame. */
export function messageTransports(socket: WebSocket): {
  reader: MessageReader;
  writer: MessageWriter;
} {
  return { reader: new SocketReader(socket), writer: new SocketWriter(socket) };
}

class SocketReader extends AbstractMessageReader {
  constructor(private readonly socket: WebSocket) {
    super();
    socket.on('close', () => this.fireClose());
    socket.on('error', (error) => this.fireError(error));
  }

  listen(callback: DataCallback): Disposable {
    const onMessage = (data: RawData): void => {
      try {
        // The backend is trusted once it is proven: it sends nothing but JSON-RPC messages.
        // eslint-disable-next-line @typescript-eslint/no-base-to-string -- Buffers, as binaryType is nodebuffer
        callback(JSON.parse(data.toString()) as Message);
      } catch (error) {
        this.fireError(error);
      }
    };
    this.socket.on('message', onMessage);
    return { dispose: () => this.socket.off('message', onMessage) };
  }
}

class SocketWriter extends AbstractMessageWriter implements MessageWriter {
  constructor(private readonly socket: WebSocket) {
    super();
    socket.on('close', () => this.fireClose());
  }

  /** @throws PilotError frameTooLarge, before anything is sent */
  async write(message: Message): Promise<void> {
    const text = JSON.stringify(message);
    if (Buffer.byteLength(text) > MAX_MESSAGE_BYTES) throw messageTooLarge();
    await new Promise<void>((resolve, reject) => {
      this.socket.send(text, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  end(): void {
    this.socket.close(1000);
  }
}
