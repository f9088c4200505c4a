/** What getting a model needs from its surroundings, and what a source hands back. */
import type { FreeBytes } from './disk.ts';
import type { HttpClient } from './http.ts';
import type { RetryEdges } from './retry.ts';
import type { Staging } from './staging.ts';

export interface PullProgress {
  /** What is being done, such as `Downloading model.gguf`. */
  readonly step: string;
  readonly doneBytes?: number | undefined;
  /** Absent while it is not known. */
  readonly totalBytes?: number | undefined;
}

export interface PullListener {
  onProgress(progress: PullProgress): void;
  /** Something the person should know, in a sentence. */
  onNotice(text: string): void;
}

/** The edges to the outside world; tests replace them. */
export interface PullEdges {
  readonly env: NodeJS.ProcessEnv;
  readonly http: HttpClient;
  readonly retry: RetryEdges;
  readonly freeBytes: FreeBytes;
}

export interface PullContext extends PullEdges, PullListener {
  readonly signal: AbortSignal;
  readonly staging: Staging;
}

/** A file of a model in a folder, checked. */
export interface StoredFile {
  /** Relative path with forward slashes. */
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

/** A file that can be downloaded. */
export interface RemoteFile {
  /** Safe relative path to store it under. */
  readonly name: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the hub says of it. */
  readonly size?: number | undefined;
  readonly sha256?: string | undefined;
}
