/** The secret for a backend behind a URL, in the editor's secret storage. */
import type { SecretStorage } from 'vscode';
import { PilotError } from '../backend/protocol/errors.ts';
import type { Target } from '../backend/client/target.ts';

/**
 * A backend's address as a websocket URL; `http` and `https` are understood too.
 * @throws PilotError configInvalid
 */
export function websocketUrl(setting: string): URL {
  const url = URL.canParse(setting) ? new URL(setting) : undefined;
  const protocol = url?.protocol.replace(/^http/, 'ws');
  if (!url || (protocol !== 'ws:' && protocol !== 'wss:') || url.host === '') {
    throw new PilotError('configInvalid', {
      reason: `tpuPilot.backend.url is not a websocket address: ${setting}`,
    });
  }
  return new URL(`${protocol}//${url.host}${url.pathname}`);
}

/** True when text to this address would cross a network in the clear. */
export function isInTheClear(url: URL): boolean {
  return url.protocol === 'ws:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
}

export class BackendToken {
  constructor(private readonly secrets: SecretStorage) {}

  /**
   * Address and token for the setting.
   * @throws PilotError configInvalid, unauthorized when no token was set for this address
   */
  async target(setting: string): Promise<Target> {
    const url = websocketUrl(setting);
    const token = await this.secrets.get(keyOf(url));
    if (token === undefined) throw new PilotError('unauthorized');
    return { url: url.href, token };
  }

  /** Keeps the token, or forgets it when the text is empty. */
  async set(setting: string, token: string): Promise<void> {
    const key = keyOf(websocketUrl(setting));
    if (token.trim() === '') await this.secrets.delete(key);
    else await this.secrets.store(key, token.trim());
  }
}

/** A token belongs to one address: another address in the settings must not be shown it. */
function keyOf(url: URL): string {
  return `backendToken:${url.protocol}//${url.host}`;
}
