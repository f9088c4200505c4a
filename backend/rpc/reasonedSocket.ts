/** A websocket that says why when the websocket protocol itself makes it close. */
import { WebSocket } from 'ws';

/** Close codes of RFC 6455 section 7.4.1 that `ws` sends of its own accord, without a text. */
const reasons: Readonly<Record<number, string>> = {
  1002: 'The frames are not valid by RFC 6455.',
  1007: 'The frame is not valid UTF-8. Send text frames encoded as UTF-8.',
  1008: 'The message came in too many parts. Send it in one frame.',
  1009: 'The frame is too large. Send less text in one message.',
};

export class ReasonedSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    super.close(code, reason ?? (code === undefined ? undefined : reasons[code]));
  }
}
