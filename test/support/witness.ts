/** A client that streams answers without end, to see whether it is harmed by what others do. */
import { BackendClient } from '../../backend/client/backendClient.ts';
import type { Target } from '../../backend/client/target.ts';

export class Witness {
  readonly #client: BackendClient;
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  /** What went wrong, or was announced, in sentences. */
  readonly #complaints: string[] = [];
  #wake: () => void = () => undefined;

  private constructor(client: BackendClient) {
    this.#client = client;
    this.#ended = this.#stream();
  }

  /** Resolves when its first text has come. */
  static async start(target: Target): Promise<Witness> {
    const witness = new Witness(await BackendClient.connect(target));
    await witness.next();
    return witness;
  }

  /** Resolves with the next text, or when the stream has failed. */
  async next(): Promise<void> {
    if (this.#complaints.length > 0) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** What it has to complain about. */
  async stop(): Promise<readonly string[]> {
    this.#stopping.abort();
    await this.#ended;
    await this.#client.close();
    return this.#complaints;
  }

  async #stream(): Promise<void> {
    for (let seed = 1; !this.#stopping.signal.aborted; seed++) await this.#streamOne(seed);
  }

  async #streamOne(seed: number): Promise<void> {
    let streamed = '';
    try {
      const { text, finishReason } = await this.#client.streamChat(
        {
          messages: [{ role: 'user', content: 'Tell a long story about a village by the sea.' }],
          sampling: { temperature: 1, seed },
        },
        (part) => {
          if (part.kind === 'text') streamed += part.text;
          this.#wake();
        },
        this.#stopping.signal,
      );
      if (text !== streamed) this.#complain('The stream and the result differ.');
      if (finishReason === 'deadline') this.#complain('The answer took too long.');
    } catch (error) {
      this.#complain(String(error));
    }
  }

  #complain(complaint: string): void {
    this.#complaints.push(complaint);
    this.#stopping.abort();
    this.#wake();
  }
}
