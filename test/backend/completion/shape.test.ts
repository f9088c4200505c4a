import { describe, expect, it } from 'vitest';
import { shapeAt, type Refusal, type Shape } from '../../../backend/completion/shape.ts';
import { cursorAt } from '../../support/cursorAt.ts';

type Answer = Shape | Refusal;

describe('shapeAt', () => {
  it.each<[string, string, Answer]>([
    ['python', 'def add(a, b):‸', 'block'],
    ['python', 'def add(a, b):\n    ‸', 'block'],
    ['python', 'for x in y:  # each\n    ‸', 'block'],
    ['python', '    """Adds."""\n    ‸', 'block'],
    ['python', '# Adds.\n‸', 'block'],
    ['python', 'def add(a) ->‸', 'line'],
    ['python', 'x = ‸', 'line'],
    ['python', 'x = 1\n‸', 'line'],
    ['python', 'foo(‸)', 'line'],
    ['python', 'print("‸")', 'line'],
    ['python', 'fo‸o', 'insideWord'],
    ['python', 'größ‸e', 'insideWord'],
    ['python', '‸', 'emptyDocument'],
    ['python', '  \n ‸\n', 'emptyDocument'],
    ['python', '‸x = 1', 'codeFollows'],
    ['python', '‸\nx = 1', 'emptyDocument'],
    ['python', 'foo(‸, bar)', 'codeFollows'],
    ['python', '\0\0PNG ‸', 'emptyDocument'],
    ['typescript', 'if (x) {\n  ‸\n}', 'block'],
    ['typescript', 'items.map((x) =>‸', 'block'],
    ['typescript', '// Adds two numbers.\n‸', 'block'],
    ['typescript', 'if (x) {‸}', 'line'],
    ['typescript', 'const size:‸', 'line'],
    ['typescript', '    case 1:\n      ‸', 'block'],
    ['typescript', '/** Adds. */\n‸', 'block'],
    ['typescript', '# not a comment\n‸', 'line'],
    ['cpp', '#include <vector>\n‸', 'line'],
    ['cpp', '--i;\n‸', 'line'],
    ['cpp', 'public:\n  ‸', 'block'],
    ['cpp', 'int main() { // starts\n  ‸', 'block'],
    ['cpp', 'auto f = [](int a) ->‸', 'line'],
    ['go', 'func main() {\n\t‸', 'block'],
    ['go', '// main runs.\n‸', 'block'],
    ['rust', 'fn f() ->‸', 'line'],
    ['rust', 'match x {\n    ‸', 'block'],
    ['rust', '        None =>‸', 'block'],
    ['java', 'list.forEach(x ->‸', 'block'],
    ['shellscript', 'if x; then\n\t‸', 'block'],
    ['lua', '-- Adds.\n‸', 'block'],
    ['html', '<ul>\n  ‸', 'block'],
    ['html', '<ul class="a">‸', 'block'],
    ['html', '<br>\n‸', 'line'],
    ['html', '<li>x</li>\n‸', 'line'],
    ['yaml', 'jobs:\n  ‸', 'block'],
    ['yaml', 'name: x\n‸', 'line'],
    ['markdown', '# Heading\n‸', 'line'],
    ['plaintext', 'We do this, then\n‸', 'line'],
    ['unheard-of', 'begin\n‸', 'block'],
  ])('before the cursor only, in %s, %j is %s', (language, marked, shape) => {
    expect(shapeAt(cursorAt(marked, language), { mode: 'prefix', invoked: false })).toBe(shape);
  });

  it.each<[string, Answer]>([
    ['foo(‸, bar)', 'line'],
    ['‸\nx = 1', 'line'],
    ['fo‸o', 'insideWord'],
    ['‸', 'emptyDocument'],
  ])('on both sides, %j is %s', (marked, shape) => {
    expect(shapeAt(cursorAt(marked), { mode: 'fill-in', invoked: false })).toBe(shape);
  });

  it('allows several lines when asked by hand, unless the line goes on', () => {
    const invoked = (marked: string): Answer =>
      shapeAt(cursorAt(marked), { mode: 'prefix', invoked: true });
    expect(invoked('x = 1‸')).toBe('block');
    expect(invoked('foo(‸)')).toBe('line');
  });
});
