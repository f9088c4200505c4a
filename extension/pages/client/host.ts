/** The extension, as a page sees it. */
import type { HostMessage, PageMessage } from '../messages.ts';

interface VsCodeApi {
  postMessage(message: PageMessage): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

// May be called once only.
const api = acquireVsCodeApi();

export function tell(message: PageMessage): void {
  api.postMessage(message);
}

export function onTold(listener: (message: HostMessage) => void): void {
  // Of the page's own extension: VS Code lets nobody else in.
  window.addEventListener('message', ({ data }: MessageEvent<HostMessage>) => listener(data));
}

/** What the page remembers while it is out of sight. */
export function remembered(): Readonly<Record<string, unknown>> {
  const state = api.getState();
  return typeof state === 'object' && state !== null ? { ...state } : {};
}

export function remember(state: Readonly<Record<string, unknown>>): void {
  api.setState({ ...remembered(), ...state });
}
