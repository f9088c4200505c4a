/** Finds out that a peer has gone without a word: no power, no network, a process that is stopped. */
import type { WebSocket } from 'ws';

/** Pings at every interval, and ends a connection that answered nothing since the last but one. */
export function keepAlive(socket: WebSocket, intervalMs: number, onDead: () => void): void {
  let missed = 0;
  const heard = (): void => void (missed = 0);
  socket.on('pong', heard);
  socket.on('message', heard);
  const timer = setInterval(() => {
    if (missed >= 2) {
      onDead();
      socket.terminate();
      return;
    }
    missed += 1;
    socket.ping();
  }, intervalMs);
  timer.unref();
  socket.once('close', () => clearInterval(timer));
}
