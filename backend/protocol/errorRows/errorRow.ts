/** One row of the error table. `{name}` in a sentence is filled from the error's details. */
export interface ErrorRow {
  /** JSON-RPC error code. Negative: JSON-RPC 2.0 section 5.1 and LSP 3.18 `ErrorCodes`. */
  readonly code: number;
  readonly sentence: string;
  readonly remedy: string;
}
