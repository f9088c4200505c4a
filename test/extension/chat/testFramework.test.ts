import { expect, test } from 'vitest';
import {
  evidenceFor,
  testFileName,
  testFramework,
  type Evidence,
} from '../../../extension/chat/testFramework.ts';

const packageJson = (text: string): Evidence => [['package.json', text]];

test.each<[string, Evidence, string | undefined]>([
  ['typescript', packageJson('{"devDependencies": {"vitest": "4"}}'), 'Vitest'],
  ['javascript', packageJson('{"devDependencies": {"jest": "30"}}'), 'Jest'],
  ['typescript', packageJson('{"devDependencies": {"ts-jest": "30"}}'), 'Jest'],
  ['typescript', packageJson('{"devDependencies": {"mocha": "11"}}'), 'Mocha'],
  [
    'javascript',
    packageJson('{"scripts": {"test": "node --test"}}'),
    "Node's own test runner (node:test)",
  ],
  ['typescript', packageJson('{"dependencies": {"jester": "1"}}'), 'Vitest'],
  ['typescript', [], 'Vitest'],
  ['python', [['pyproject.toml', '[tool.pytest.ini_options]']], 'pytest'],
  ['cpp', [['CMakeLists.txt', 'find_package(Catch2 3 REQUIRED)']], 'Catch2'],
  ['cpp', [['CMakeLists.txt', 'find_package(GTest)']], 'GoogleTest'],
  ['java', [['pom.xml', '<artifactId>testng</artifactId>']], 'TestNG'],
  ['go', [], 'the testing package of Go'],
  ['brainfuck', [], undefined],
])('%s with %j: %s', (languageId, evidence, name) => {
  expect(testFramework(languageId, evidence)).toBe(name);
});

test('the nearest folder decides', () => {
  const evidence: Evidence = [
    ['package.json', '{"devDependencies": {"mocha": "11"}}'],
    ['package.json', '{"devDependencies": {"vitest": "4"}}'],
  ];
  expect(testFramework('typescript', evidence)).toBe('Mocha');
});

test('only files that can tell are worth reading', () => {
  expect(evidenceFor('typescript')).toEqual(['package.json']);
  expect(evidenceFor('go')).toEqual([]);
  expect(evidenceFor('brainfuck')).toEqual([]);
});

test.each([
  ['ringBuffer.ts', 'typescript', 'ringBuffer.test.ts'],
  ['statistics.py', 'python', 'test_statistics.py'],
  ['wordcount.go', 'go', 'wordcount_test.go'],
  ['Queue.java', 'java', 'QueueTest.java'],
  ['temperature.cpp', 'cpp', 'temperature_test.cpp'],
  ['queue.rb', 'ruby', 'queue_spec.rb'],
  ['Makefile', 'makefile', 'Makefile.test'],
])('%s is tested in %s', (file, languageId, name) => {
  expect(testFileName(file, languageId)).toBe(name);
});
