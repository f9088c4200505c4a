/**
 * What a model wrote, and what of it is shown: one file for each language in golden/. A case has a
 * name, the document with `‸` at the cursor, what the model wrote there, and what is shown, or the
 * fate of what is not. The model fills in; what one without fill-in tokens has to write again is
 * tested in healing.test.ts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { markersFor } from '../../../backend/completion/markers.ts';
import { isComplete, toSuggestion } from '../../../backend/completion/postProcess.ts';
import { shapeAt } from '../../../backend/completion/shape.ts';
import { cursorAt } from '../../support/cursorAt.ts';
import { fakeMetadata } from '../../support/fakeEngine.ts';

const folder = path.join(import.meta.dirname, 'golden');

interface Case {
  readonly name: string;
  readonly document: string;
  readonly written: string;
  /** Empty when there is a fate. */
  readonly shown: string;
  readonly fate: string;
}

function casesOf(file: string): Case[] {
  const text = readFileSync(path.join(folder, file), 'utf8');
  return text
    .split(/^=== /m)
    .slice(1)
    .map((block) => {
      const [name = '', ...parts] = block.split(/^--- /m);
      const section = (title: string): string | undefined =>
        parts
          .find((part) => part.startsWith(`${title}\n`))
          ?.slice(title.length + 1)
          .replace(/\n\n?$/, '');
      return {
        name: name.trim(),
        document: section('document') ?? '',
        written: section('written') ?? '',
        shown: section('shown') ?? '',
        fate: section('fate') ?? 'suggested',
      };
    });
}

describe.each(readdirSync(folder))('%s', (file) => {
  const language = path.basename(file, '.txt');

  it.each(casesOf(file))('$name', ({ document, written, shown, fate }) => {
    const cursor = cursorAt(document, language);
    const shape = shapeAt(cursor, { mode: 'fill-in', invoked: false });
    if (shape !== 'line' && shape !== 'block') throw new Error(`The document is ${shape}.`);
    const markers = markersFor(fakeMetadata(), cursor);
    const context = { cursor, shape, taken: '', markers, maxLines: 12 };
    expect(toSuggestion(written, context, 'natural')).toEqual({ text: shown, fate });

    // A flight stops as soon as no more is kept: then the same must be shown.
    const end = Array.from(written).findIndex((_, at) => isComplete(written.slice(0, at), context));
    if (end < 0) return;
    expect(toSuggestion(written.slice(0, end), context, 'natural')).toEqual({ text: shown, fate });
  });
});
