/** Errors of a connection: of JSON-RPC and LSP (negative codes), of tokens and addresses (10xx). */
import type { ErrorRow } from './errorRow.ts';

export const connectionErrors = {
  // JSON-RPC and LSP
  parseError: {
    code: -32700,
    sentence: 'The frame is not valid JSON.',
    remedy: 'Send one JSON-RPC 2.0 message as UTF-8 text in each websocket frame.',
  },
  invalidRequest: {
    code: -32600,
    sentence: 'The message is not a JSON-RPC 2.0 message.',
    remedy: 'Send an object with "jsonrpc": "2.0" and a "method"; batches are not supported.',
  },
  methodNotFound: {
    code: -32601,
    sentence: 'There is no method {method}.',
    remedy: 'Look the method up in PROTOCOL.md; the client may be newer than the backend.',
  },
  invalidParams: {
    code: -32602,
    sentence: 'The parameters of {method} are not valid: {reason}',
    remedy: 'Correct the parameter that the message names; PROTOCOL.md has the schema.',
  },
  internalError: {
    code: -32603,
    sentence: 'The backend failed in a way it did not expect.',
    remedy: 'Look in the backend log, and report the lines around this time.',
  },
  notInitialized: {
    code: -32002,
    sentence: 'The first request on a connection must be initialize.',
    remedy: 'Send initialize and wait for its answer.',
  },
  cancelled: {
    code: -32800,
    sentence: 'The request was cancelled.',
    remedy: 'Nothing to do: the client asked for this.',
  },

  // Connection and identity
  unauthorized: {
    code: 1001,
    sentence: 'The token is missing or wrong.',
    remedy: 'Send "Authorization: Bearer TOKEN" with the token of this backend.',
  },
  forbidden: {
    code: 1002,
    sentence: '{method} needs the role admin.',
    remedy: 'Use a token with the role admin, or ask the person who runs the backend.',
  },
  protocolMismatch: {
    code: 1003,
    sentence: 'The client speaks protocol {client}, the backend {server}.',
    remedy: 'Update the older of the two, then restart the backend.',
  },
  rateLimited: {
    code: 1004,
    sentence: 'This connection sends too many messages.',
    remedy: 'Wait for as long as retryAfterMs says.',
  },
  tooManyConnections: {
    code: 1005,
    sentence: 'The backend has reached its limit of connections.',
    remedy: 'Close connections that are not used, or raise --max-connections.',
  },
  frameTooLarge: {
    code: 1006,
    sentence: 'The frame is larger than {limit} bytes.',
    remedy: 'Send less text in one message.',
  },
  originRefused: {
    code: 1007,
    sentence: 'Connections from web pages of this origin are refused.',
    remedy: 'Connect from VS Code or the command line, or allow the origin with --allow-origin.',
  },
  hostRefused: {
    code: 1008,
    sentence: 'The Host header names a host this backend does not serve.',
    remedy: 'Use the address the backend printed, or allow the name with --allow-host.',
  },
  unsupportedFrame: {
    code: 1009,
    sentence: 'Binary frames are not supported.',
    remedy: 'Send JSON as text frames.',
  },
  serverNotProven: {
    code: 1010,
    sentence: 'The server at {url} could not prove that it knows the token.',
    remedy: 'Another program may be using this address: check it, then reconnect.',
  },
  backendUnreachable: {
    code: 1011,
    sentence: 'No backend answers at {url}: {reason}',
    remedy: 'Start one with "tpu-pilot serve", or check the address.',
  },
  backendNotStarted: {
    code: 1012,
    sentence: 'The backend did not start: {reason}',
    remedy: 'Read the last lines of its log, correct what they name, and start it again.',
  },
  connectionLost: {
    code: 1013,
    sentence: 'The connection to the backend was lost before it answered.',
    remedy: 'Send the request again after reconnecting.',
  },
  tokenNotFound: {
    code: 1014,
    sentence: 'There is no token named {name}.',
    remedy: 'List the tokens with "tpu-pilot token list".',
  },
  tokenExists: {
    code: 1015,
    sentence: 'There is a token named {name} already.',
    remedy: 'Choose another name, or revoke the old token first.',
  },
  alreadyInitialized: {
    code: 1016,
    sentence: 'This connection has been initialized already.',
    remedy: 'Send initialize once; open another connection to start again.',
  },
  duplicateId: {
    code: 1017,
    sentence: 'A request with the id {id} is still running on this connection.',
    remedy: 'Give every request an id of its own.',
  },
  notRunning: {
    code: 1018,
    sentence: 'No backend runs with the home {home}.',
    remedy: 'Start one with "tpu-pilot serve", or name another home with --home.',
  },
  notStopped: {
    code: 1019,
    sentence: 'The backend, process {pid}, has not ended yet.',
    remedy: 'Wait for its running answers, or end the process.',
  },
} as const satisfies Record<string, ErrorRow>;
