/** Writes backend/protocol/PROTOCOL.md from the schemas and the error table. */
import { format } from 'prettier';
import { ChatProgress } from '../../backend/protocol/chat.ts';
import { errorTable } from '../../backend/protocol/errorTable.ts';
import { serverNotifications } from '../../backend/protocol/events.ts';
import {
  HEARTBEAT_MS,
  KEY_HEADER,
  KEY_PREFIX,
  MAX_MESSAGE_BYTES,
  NONCE_HEADER,
  PROOF_HEADER,
  PROOF_PATH,
  PROOF_PREFIX,
  PROTOCOL_VERSION,
} from '../../backend/protocol/handshake.ts';
import { clientNotifications, requests } from '../../backend/protocol/methods.ts';
import { schemaText } from './schemaText.ts';

const introduction = `
# The protocol of TPU Pilot

<!-- Generated from the schemas in this folder by test/support/protocolDoc.ts. Do not edit: run
     "npx vitest run --project unit test/protocol --update". -->

Version ${PROTOCOL_VERSION}. One websocket carries JSON-RPC 2.0: one message in each text frame, at
most ${MAX_MESSAGE_BYTES} bytes, no batches. The methods for documents are those of LSP 3.18, the
others are our own.

## Connecting

1. A client finds the address in \`backend.json\` and the token in \`token\`, both in the home
   folder, or is given them.
2. It lets the backend prove that it knows the token, before it shows the token to anybody. With
   _hash_ = sha256(token) in hex, it sends \`GET ${PROOF_PATH}\` with the headers \`${NONCE_HEADER}\`
   (32 to 128 random hex digits) and \`${KEY_HEADER}\` (the first 16 hex digits of
   sha256("${KEY_PREFIX}" + _hash_)). The answer is 204 with \`${PROOF_HEADER}\`: the HMAC-SHA256,
   in hex, with the key sha256(token), over "${PROOF_PREFIX}" + nonce.
3. It opens the websocket, best on the same TCP connection, with \`Authorization: Bearer TOKEN\` and
   a new nonce, and checks the proof in the answer again. A refusal is an HTTP status with a JSON
   body \`{code, message, data: {name, remedy}}\`: 401 wrong token, 403 origin, 421 host, 503 too
   many connections or stopping.
4. Its first message is the request \`initialize\`; then everything else is open to it.

The backend pings every ${HEARTBEAT_MS / 1000} s. A side that hears nothing for three times as long
may close. Every request gets one reply. \`$/cancelRequest\` with \`{id}\` stops a request; it is
still answered, as a rule with what there is. When a connection ends, all it asked for is cancelled.

Other pages: \`GET /healthz\` (alive), \`GET /readyz\` (200 when requests can be served, else 503)
are open; \`GET /metrics\` (Prometheus) takes the bearer token.
`;

export async function protocolDoc(): Promise<string> {
  const sections = [
    introduction,
    '## Requests',
    ...Object.entries(requests).map(([method, { summary, role, params, result }]) =>
      [
        `### \`${method}\``,
        role === 'admin' ? `${summary} Needs the role admin.` : summary,
        code(`params: ${schemaText(params, 'input')}\n\nresult: ${schemaText(result, 'output')}`),
      ].join('\n\n'),
    ),
    '## Notifications to the backend',
    'A bad one is logged and dropped, as it cannot be answered.',
    ...Object.entries(clientNotifications).map(([method, { summary, params }]) =>
      notification(method, summary, schemaText(params, 'input')),
    ),
    '## Notifications from the backend',
    notification(
      '$/progress',
      'A part of an answer, for the token a request gave as partialResultToken.',
      `{\n  token: string | number;\n  value: ChatProgress;\n}\n\nChatProgress: ${schemaText(ChatProgress, 'output')}`,
    ),
    ...Object.entries(serverNotifications).map(([method, { summary, params }]) =>
      notification(method, summary, schemaText(params, 'output')),
    ),
    '## Errors',
    'An error carries `data: {name, remedy, retryAfterMs?}`. Words in braces are filled in.',
    errors(),
  ];
  return format(sections.join('\n\n'), { parser: 'markdown', printWidth: 100, singleQuote: true });
}

function notification(method: string, summary: string, params: string): string {
  return [`### \`${method}\``, summary, code(`params: ${params}`)].join('\n\n');
}

/** Not named as a language: it is a notation, which no formatter should touch. */
function code(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\``;
}

function errors(): string {
  const rows = Object.entries(errorTable).map(
    ([name, { code: number, sentence, remedy }]) =>
      `| ${number} | ${name} | ${cell(sentence)} | ${cell(remedy)} |`,
  );
  return ['| Code | Name | Sentence | Remedy |', '| ---: | --- | --- | --- |', ...rows].join('\n');
}

/** A bar would begin the next cell. */
function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`);
}
