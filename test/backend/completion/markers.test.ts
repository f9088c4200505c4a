import { describe, expect, it } from 'vitest';
import { markersFor } from '../../../backend/completion/markers.ts';
import { cursorAt } from '../../support/cursorAt.ts';
import { fakeMetadata } from '../../support/fakeEngine.ts';

describe('markersFor', () => {
  it.each([
    ['x = ‸', ['\n```', '<|im_start|>', '<|im_end|>']],
    ["end = '<|im_end|>'\nx = ‸", ['\n```', '<|im_start|>']],
    ['x = ‸\nstart = "<|im_start|>"', ['\n```', '<|im_end|>']],
    ['Text:\n```\nx = ‸', ['<|im_start|>', '<|im_end|>']],
  ])('in %j are %j', (marked, markers) => {
    expect(markersFor(fakeMetadata(), cursorAt(marked))).toEqual(markers);
  });
});
