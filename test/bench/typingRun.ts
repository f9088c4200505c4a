/** The typing benchmark: both sides in turn, on one engine, file by file. */
import { LlamaVscodeCompleter } from './llamaVscode.ts';
import { OurCompleter } from './completer.ts';
import { replay, total, typingHead, typingRow, verdicts, type TypingResult } from './typing.ts';
import { startTypingBackend } from './typingBackend.ts';
import { corpus, traceOf } from './typingTrace.ts';

export async function runTyping(
  model: string,
  keys: number,
  print: (line: string) => void,
): Promise<void> {
  await using backend = await startTypingBackend(model);
  const ours: TypingResult[] = [];
  const baseline: TypingResult[] = [];
  print(typingHead);
  for (const source of await corpus()) {
    // Each side begins with a cold prompt: the first line differs.
    const our = await replay(
      new OurCompleter(backend, source),
      traceOf(source, keys, 'First copy.'),
      backend.ledger,
    );
    print(typingRow(`ours, ${source.file}`, our));
    ours.push(our);
    const their = await replay(
      new LlamaVscodeCompleter(backend),
      traceOf(source, keys, 'Second copy.'),
      backend.ledger,
    );
    print(typingRow(`llama.vscode, ${source.file}`, their));
    baseline.push(their);
  }
  print(typingRow('**ours**', total(ours)));
  print(typingRow('**llama.vscode**', total(baseline)));
  print('');
  for (const line of verdicts(total(ours), total(baseline))) print(line);
}
