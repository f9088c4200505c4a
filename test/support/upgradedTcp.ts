/** A TCP connection that has become a websocket, for frames that no library would send. */
import { once } from 'node:events';
import net from 'node:net';
import { onTestFinished } from 'vitest';
import type { Target } from '../../backend/client/target.ts';

export async function upgradedTcp({ url, token }: Target): Promise<net.Socket> {
  const { host, port } = new URL(url);
  const socket = net.connect(Number(port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const head = [
    'GET / HTTP/1.1',
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    // RFC 6455 asks for any 16 bytes in base64.
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    `Authorization: Bearer ${token}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  if (!answer.toString().startsWith('HTTP/1.1 101 ')) throw new Error(answer.toString());
  return socket;
}
