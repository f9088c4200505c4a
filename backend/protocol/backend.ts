/** `backend/*`, `metrics/*`, `token/*`: the process itself. */
import * as z from 'zod';
import { DeviceInfo } from './devices.ts';
import { Role } from './handshake.ts';

export const BackendState = z.enum(['starting', 'ready', 'noModel', 'degraded', 'draining']);
export type BackendState = z.infer<typeof BackendState>;

/** Percentiles in ms over the last requests of one class; absent before the first. */
export const Latency = z.object({
  count: z.number().int(),
  firstTokenP50Ms: z.number().optional(),
  firstTokenP95Ms: z.number().optional(),
  totalP50Ms: z.number().optional(),
  totalP95Ms: z.number().optional(),
  tokensPerSecond: z.number().optional(),
});
export type Latency = z.infer<typeof Latency>;

export const BackendStatus = z.object({
  state: BackendState,
  /** One sentence for each thing that is not as it was asked for, such as a model that failed. */
  problems: z.array(z.string()).optional(),
  version: z.string(),
  protocolVersion: z.number().int(),
  pid: z.number().int(),
  uptimeMs: z.number(),
  home: z.string(),
  connections: z.number().int(),
  running: z.number().int(),
  waiting: z.number().int(),
  residentBytes: z.number(),
  devices: z.array(DeviceInfo),
  latency: z.object({ completion: Latency, chat: Latency }),
});
export type BackendStatus = z.infer<typeof BackendStatus>;

export const MetricsSnapshot = z.object({
  /** The registry in Prometheus text format 0.0.4. */
  text: z.string(),
});

export const TokenInfo = z.object({ name: z.string(), role: Role, createdAt: z.string() });
export type TokenInfo = z.infer<typeof TokenInfo>;
export const TokenCreateParams = z.object({
  name: z.string().regex(/^[\w.-]{1,64}$/),
  role: Role.default('user'),
});
/** The only time the secret is shown: the backend keeps its sha256 alone. */
export const TokenCreated = TokenInfo.extend({ token: z.string() });
export const TokenName = z.object({ name: z.string().min(1).max(64) });
export const TokenList = z.object({ tokens: z.array(TokenInfo) });
