import { afterEach, expect, test } from 'vitest';
import { notice, noticeTable, type NoticeName } from '../../backend/protocol/notices.ts';
import { noticeText } from '../../extension/noticeText.ts';
import { fake } from '../support/fakeVscode.ts';

afterEach(() => fake.reset());

const names = Object.keys(noticeTable) as NoticeName[];
const details = { reason: 'a (b)', kept: 3, offered: 40, tool: 'fly', count: 12 };

test.each(names)('%s is told in the language of the editor, with its details', (name) => {
  const english = notice(name, details);
  expect(english).not.toContain('{');
  expect(noticeText(english)).toBe(english);
  fake.bundle = { [noticeTable[name]]: noticeTable[name].replace(/[^{}]+(?=\{|$)/g, '…') };
  expect(noticeText(english)).toContain('…');
  for (const key of noticeTable[name].match(/(?<=\{)\w+/g) ?? []) {
    expect(noticeText(english)).toContain(String(Reflect.get(details, key)));
  }
});

test('a notice of a newer backend is shown as it came', () => {
  expect(noticeText('Something new.')).toBe('Something new.');
});
