/** The classes of the `vscode` module that the extension makes or tests for, without an editor. */
import { posix } from 'node:path';

export class Disposable {
  static from(...items: { dispose(): void }[]): Disposable {
    return new Disposable(() => items.forEach((item) => item.dispose()));
  }

  constructor(private readonly callOnDispose: () => void) {}

  dispose(): void {
    this.callOnDispose();
  }
}

type Listener<T> = (event: T) => void;

export class EventEmitter<T> {
  private readonly listeners = new Set<Listener<T>>();

  readonly event = (listener: Listener<T>, thisArg?: unknown): Disposable => {
    const bound = thisArg === undefined ? listener : listener.bind(thisArg);
    this.listeners.add(bound);
    return new Disposable(() => this.listeners.delete(bound));
  };

  fire(event: T): void {
    for (const listener of [...this.listeners]) listener(event);
  }

  dispose(): void {
    this.listeners.clear();
  }
}

export class CancellationTokenSource {
  private readonly emitter = new EventEmitter<unknown>();
  readonly token = {
    isCancellationRequested: false,
    onCancellationRequested: this.emitter.event,
  };

  cancel(): void {
    this.token.isCancellationRequested = true;
    this.emitter.fire(undefined);
  }

  dispose(): void {
    this.emitter.dispose();
  }
}

export class Uri {
  static file(path: string): Uri {
    return new Uri('file', path);
  }

  static parse(text: string): Uri {
    const [, scheme = 'file', path = ''] = /^([\w-]+):(?:\/\/[^/]*)?(.*)$/.exec(text) ?? [];
    return new Uri(scheme, decodeURIComponent(path));
  }

  static from({ scheme, path }: { scheme: string; path: string; query?: string }): Uri {
    return new Uri(scheme, path);
  }

  static joinPath(base: Uri, ...parts: string[]): Uri {
    return new Uri(base.scheme, posix.join(base.path, ...parts));
  }

  readonly authority = '';
  readonly query = '';
  readonly fragment = '';

  constructor(
    readonly scheme: string,
    readonly path: string,
  ) {}

  with(change: { scheme?: string; path?: string }): Uri {
    return new Uri(change.scheme ?? this.scheme, change.path ?? this.path);
  }

  get fsPath(): string {
    return this.path;
  }

  toString(): string {
    const slashes = this.path.startsWith('/') ? '//' : '';
    return `${this.scheme}:${slashes}${this.path.split('/').map(encodeURIComponent).join('/')}`;
  }

  toJSON(): unknown {
    return this.toString();
  }
}

export class Position {
  constructor(
    readonly line: number,
    readonly character: number,
  ) {}
}

export class Range {
  readonly start: Position;
  readonly end: Position;

  constructor(startLine: number, startCharacter: number, endLine: number, endCharacter: number) {
    this.start = new Position(startLine, startCharacter);
    this.end = new Position(endLine, endCharacter);
  }
}

export class Location {
  constructor(
    readonly uri: Uri,
    readonly range: Range,
  ) {}
}

export class MarkdownString {
  isTrusted: unknown;

  constructor(
    readonly value = '',
    readonly supportThemeIcons = false,
  ) {}
}

export class ThemeColor {
  constructor(readonly id: string) {}
}

export class InlineCompletionItem {
  command: unknown;

  constructor(
    readonly insertText: string,
    readonly range?: Range,
  ) {}
}

export class ChatResponseMarkdownPart {
  readonly value: MarkdownString;

  constructor(text: string) {
    this.value = new MarkdownString(text);
  }
}

export class LanguageModelTextPart {
  constructor(readonly value: string) {}
}

export class LanguageModelToolCallPart {
  constructor(
    readonly callId: string,
    readonly name: string,
    readonly input: object,
  ) {}
}

export class LanguageModelToolResultPart {
  constructor(
    readonly callId: string,
    readonly content: unknown[],
  ) {}
}

export class LanguageModelPromptTsxPart {
  constructor(readonly value: unknown) {}
}

export class LanguageModelError extends Error {
  static NotFound = (message?: string): LanguageModelError =>
    new LanguageModelError(message, 'NotFound');
  static NoPermissions = (message?: string): LanguageModelError =>
    new LanguageModelError(message, 'NoPermissions');
  static Blocked = (message?: string): LanguageModelError =>
    new LanguageModelError(message, 'Blocked');

  constructor(
    message?: string,
    readonly code = '',
  ) {
    super(message);
  }
}

export class LanguageModelToolResult {
  constructor(readonly content: readonly unknown[]) {}
}

export class ChatRequestTurn {
  readonly participant = 'tpu-pilot.tpu';
  readonly references = [];
  readonly toolReferences = [];

  constructor(readonly prompt: string) {}
}

export class ChatResponseTurn {
  readonly participant = 'tpu-pilot.tpu';

  constructor(
    readonly response: readonly ChatResponseMarkdownPart[],
    readonly result: { metadata?: Record<string, unknown> } = {},
  ) {}
}

export class TabInputTextDiff {
  constructor(
    readonly original: Uri,
    readonly modified: Uri,
  ) {}
}

/** Notes what is to be edited. */
export class WorkspaceEdit {
  readonly edits: { uri: string; at: Range | Position; text: string }[] = [];

  replace(uri: Uri, at: Range, text: string): void {
    this.edits.push({ uri: uri.toString(), at, text });
  }

  insert(uri: Uri, at: Position, text: string): void {
    this.edits.push({ uri: uri.toString(), at, text });
  }
}

/** What vscode-languageclient extends or tests for, and our documents never are. */
class Unused {
  readonly unused = true;
}

export {
  Unused as CallHierarchyItem,
  Unused as CodeAction,
  Unused as CodeLens,
  Unused as CompletionItem,
  Unused as Diagnostic,
  Unused as DocumentLink,
  Unused as InlayHint,
  Unused as SymbolInformation,
  Unused as TabInputCustom,
  Unused as TabInputNotebook,
  Unused as TabInputText,
  Unused as TypeHierarchyItem,
};
export class CancellationError extends Error {}
