/** `tpu-pilot demo`: one answer and one completion from the default model, with their figures. */
import type { Command } from 'commander';
import { attachOrStart } from '../client/attach.ts';
import type { BackendClient } from '../client/backendClient.ts';
import { homeFolder } from '../client/home.ts';
import { isConnectionLost } from '../client/remoteError.ts';
import { DEFAULT_ALIAS } from '../models/defaultModel.ts';
import { getModel } from '../models/getModel.ts';
import { defaultPullEdges } from '../models/pull.ts';
import { ModelStore } from '../models/store.ts';
import type { ChatResult } from '../protocol/chat.ts';
import type { InlineCompletionResult } from '../protocol/documents.ts';
import type { Timings } from '../protocol/generation.ts';
import { answer } from './chatAnswer.ts';
import { addCommand, type CommonOptions } from './command.ts';
import { completeIn } from './complete.ts';
import { note, type Io } from './io.ts';
import { ensureLoaded } from './loadedModel.ts';
import { ProgressLine } from './progressLine.ts';

const QUESTION = 'What is a Python function? Answer in two sentences.';
const CODE = 'def fibonacci(n):\n    """Return the n-th Fibonacci number."""\n';

/** Registers `demo`. Its action rejects with PilotError or RemoteError. */
export function registerDemoCommand(program: Command, io: Io): void {
  addCommand(program, 'demo', 'one chat answer and one code completion, with their speed').action(
    async (options: CommonOptions) => {
      const home = homeFolder(options.home, io.env);
      await provideDefaultModel(io, home);
      const { client, started } = await attachOrStart(home, {
        runtime: io.runtime,
        entry: io.entry,
        args: ['--home', home],
        env: io.env,
      });
      try {
        await client.settled();
        await ensureLoaded(io, client, DEFAULT_ALIAS);
        await show(io, client, options.json ?? false);
      } finally {
        // A backend that ran before is somebody's.
        if (started) await stop(client);
        else await client.close();
      }
    },
  );
}

async function provideDefaultModel(io: Io, home: string): Promise<void> {
  const store = new ModelStore(home);
  const line = new ProgressLine(io.stderr);
  const edges = defaultPullEdges(io.env);
  try {
    await getModel(
      store,
      { source: DEFAULT_ALIAS },
      {
        onProgress: (progress) => line.update(progress),
        onNotice: (text) => line.note(text),
      },
      io.interrupted,
      edges,
    );
  } finally {
    line.clear();
    await edges.http.close();
  }
}

async function show(io: Io, client: BackendClient, json: boolean): Promise<void> {
  const chat = await showChat(io, client, json);
  const completion = await showCompletion(io, client, json);
  if (json) io.stdout.write(`${JSON.stringify({ chat, completion })}\n`);
  // Silence is a failure of what the demonstration is there to show.
  if (chat.text === '') throw new Error('The model gave no answer.');
  if (completion.items.length === 0) throw new Error('The model completed nothing.');
}

async function showChat(io: Io, client: BackendClient, json: boolean): Promise<ChatResult> {
  note(io, `\nChat: ${QUESTION}\n`);
  const request = { model: DEFAULT_ALIAS, maxTokens: 128, sampling: { temperature: 0 } };
  const messages = [{ role: 'user' as const, content: QUESTION }];
  // With --json the results come together at the end.
  const quiet: Io = json ? { ...io, stdout: io.stderr } : io;
  const chat = await answer(quiet, client, messages, { json: false, request }, io.interrupted);
  note(io, `\n${figures(chat.timings)}, model ${chat.model}`);
  return chat;
}

async function showCompletion(
  io: Io,
  client: BackendClient,
  json: boolean,
): Promise<InlineCompletionResult> {
  note(io, '\nCompletion of Python code:\n');
  const line = CODE.split('\n').length - 1;
  const completion = await completeIn(
    client,
    { uri: 'untitled:demo.py', text: CODE },
    { position: { line, character: 0 }, model: DEFAULT_ALIAS },
    io.interrupted,
  );
  const inserted = completion.items[0]?.insertText ?? '';
  (json ? io.stderr : io.stdout).write(`${CODE}${inserted}\n`);
  const speed = completion.timings ? figures(completion.timings) : 'from the cache';
  note(io, `\n${speed}, mode ${completion.mode}, model ${completion.model}`);
  return completion;
}

async function stop(client: BackendClient): Promise<void> {
  try {
    await client.request('backend/stop', null);
  } catch (error) {
    // It is gone already; what ended it is the error to report.
    if (!isConnectionLost(error)) throw error;
  }
  await client.closed;
}

function figures({ firstTokenMs, tokensPerSecond, generatedTokens }: Timings): string {
  const first =
    firstTokenMs === undefined ? 'no token' : `first token ${firstTokenMs.toFixed(0)} ms`;
  const rate = tokensPerSecond === undefined ? '' : `, ${tokensPerSecond.toFixed(1)} tokens/s`;
  return `${first}${rate}, ${generatedTokens} tokens`;
}
