/** Which test framework a folder uses, and what its test files are called. Pure. */

/** Files that tell, from nearest to farthest: name and text. */
export type Evidence = readonly (readonly [name: string, text: string])[];

interface Framework {
  readonly name: string;
  /** A file of this name that mentions this, is proof. */
  readonly proof: readonly (readonly [file: string, mention: RegExp])[];
}

const NODE: readonly Framework[] = [
  { name: 'Vitest', proof: [['package.json', /"vitest"\s*:/]] },
  { name: 'Jest', proof: [['package.json', /"(?:ts-)?jest"\s*:/]] },
  { name: 'Mocha', proof: [['package.json', /"mocha"\s*:/]] },
  { name: 'AVA', proof: [['package.json', /"ava"\s*:/]] },
  { name: 'Jasmine', proof: [['package.json', /"jasmine(?:-core)?"\s*:/]] },
  { name: "Node's own test runner (node:test)", proof: [['package.json', /node\b[^"]*--test/]] },
];

const JVM: readonly Framework[] = [
  {
    name: 'JUnit 5',
    proof: [
      ['pom.xml', /junit-jupiter/],
      ['build.gradle', /junit-jupiter|useJUnitPlatform/],
      ['build.gradle.kts', /junit-jupiter|useJUnitPlatform/],
    ],
  },
  { name: 'TestNG', proof: [['pom.xml', /testng/]] },
];

const NATIVE: readonly Framework[] = [
  { name: 'GoogleTest', proof: [['CMakeLists.txt', /gtest|googletest/i]] },
  { name: 'Catch2', proof: [['CMakeLists.txt', /catch2/i]] },
  { name: 'doctest', proof: [['CMakeLists.txt', /doctest/i]] },
];

const PYTHON: readonly Framework[] = [
  {
    name: 'pytest',
    proof: [
      ['pytest.ini', /(?:)/],
      ['conftest.py', /(?:)/],
      ['pyproject.toml', /pytest/],
      ['setup.cfg', /pytest/],
      ['requirements.txt', /^pytest/m],
      ['requirements-dev.txt', /^pytest/m],
    ],
  },
];

interface Language {
  readonly frameworks: readonly Framework[];
  /** What most people use, or what comes with the language. */
  readonly usual: string;
  /** Name of the test file, from the file's name without its ending and the ending. */
  readonly file: (stem: string, ending: string) => string;
}

const suffixed = (stem: string, ending: string): string => `${stem}.test${ending}`;
const classNamed = (stem: string, ending: string): string => `${stem}Test${ending}`;
const underscored = (stem: string, ending: string): string => `${stem}_test${ending}`;

const script: Language = { frameworks: NODE, usual: 'Vitest', file: suffixed };
const jvm: Language = { frameworks: JVM, usual: 'JUnit 5', file: classNamed };
const native: Language = { frameworks: NATIVE, usual: 'GoogleTest', file: underscored };

const languages: ReadonlyMap<string, Language> = new Map([
  ['typescript', script],
  ['typescriptreact', script],
  ['javascript', script],
  ['javascriptreact', script],
  [
    'python',
    { frameworks: PYTHON, usual: 'pytest', file: (stem, ending) => `test_${stem}${ending}` },
  ],
  ['go', { frameworks: [], usual: 'the testing package of Go', file: underscored }],
  ['rust', { frameworks: [], usual: "Rust's own #[test] functions", file: underscored }],
  ['java', jvm],
  ['kotlin', jvm],
  ['c', native],
  ['cpp', native],
  ['csharp', { frameworks: [], usual: 'xUnit', file: (stem, ending) => `${stem}Tests${ending}` }],
  ['ruby', { frameworks: [], usual: 'RSpec', file: (stem, ending) => `${stem}_spec${ending}` }],
  ['php', { frameworks: [], usual: 'PHPUnit', file: classNamed }],
]);

/** Names of files that are worth reading for a language. */
export function evidenceFor(languageId: string): string[] {
  const frameworks = languages.get(languageId)?.frameworks ?? [];
  return [...new Set(frameworks.flatMap(({ proof }) => proof.map(([file]) => file)))];
}

/** The framework proven by the nearest file, else the usual one; undefined for other languages. */
export function testFramework(languageId: string, evidence: Evidence): string | undefined {
  const language = languages.get(languageId);
  if (!language) return undefined;
  for (const [name, text] of evidence) {
    const proven = language.frameworks.find(({ proof }) =>
      proof.some(([file, mention]) => file === name && mention.test(text)),
    );
    if (proven) return proven.name;
  }
  return language.usual;
}

/** @param fileName Without its folder. */
export function testFileName(fileName: string, languageId: string): string {
  const dot = fileName.lastIndexOf('.');
  const [stem, ending] = dot > 0 ? [fileName.slice(0, dot), fileName.slice(dot)] : [fileName, ''];
  return (languages.get(languageId)?.file ?? suffixed)(stem, ending);
}
