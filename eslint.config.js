import js from '@eslint/js';
import importX from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import tseslint from 'typescript-eslint';

// The direction of imports inside the backend. Left may not import right.
const zones = [
  [
    'backend/formats',
    ['devices', 'models', 'host', 'scheduling', 'chat', 'completion', 'rpc', 'jobs', 'cli'],
  ],
  [
    'backend/prediction',
    ['devices', 'models', 'host', 'scheduling', 'chat', 'completion', 'rpc', 'jobs', 'cli'],
  ],
  [
    'backend/tokenizer',
    ['models', 'host', 'scheduling', 'chat', 'completion', 'rpc', 'jobs', 'cli'],
  ],
  ['backend/card', ['models', 'host', 'scheduling', 'chat', 'completion', 'rpc', 'jobs', 'cli']],
  ['backend/devices', ['models', 'host', 'scheduling', 'chat', 'completion', 'rpc', 'jobs', 'cli']],
  ['backend/host', ['models', 'scheduling', 'chat', 'completion', 'rpc', 'jobs', 'cli']],
  ['backend/models', ['scheduling', 'chat', 'completion', 'rpc', 'jobs', 'cli']],
  ['backend/scheduling', ['chat', 'completion', 'rpc', 'jobs', 'cli']],
  ['backend/chat', ['completion', 'rpc', 'jobs', 'cli']],
  ['backend/completion', ['chat', 'rpc', 'jobs', 'cli']],
  ['backend/jobs', ['rpc', 'cli']],
  ['backend/toolchain', ['host', 'scheduling', 'chat', 'completion', 'rpc', 'jobs', 'cli']],
  ['backend/conversion', ['host', 'scheduling', 'chat', 'completion', 'rpc', 'jobs', 'cli']],
  ['backend/verification', ['host', 'scheduling', 'chat', 'completion', 'rpc', 'jobs', 'cli']],
  ['backend/timeModel', ['host', 'scheduling', 'chat', 'completion', 'rpc', 'jobs', 'cli']],
  ['backend/rpc', ['cli']],
].flatMap(([target, froms]) => froms.map((from) => ({ target, from: `backend/${from}` })));

export default tseslint.config(
  { ignores: ['dist/', 'out/', 'node_modules/', '.vscode-test/', 'test/support/workspace/'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  importX.flatConfigs.recommended,
  importX.flatConfigs.typescript,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', '*.mjs', 'vitest.config.ts'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { zones }],
      'import-x/no-unresolved': ['error', { ignore: ['^vscode$'] }],
      'import-x/namespace': 'off',
      'import-x/no-named-as-default-member': 'off',
      'import-x/no-named-as-default': 'off',
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      'no-restricted-imports': [
        'error',
        { name: 'vscode', message: 'Only extension/ may import vscode.' },
      ],
    },
  },
  {
    files: [
      'extension/**/*.ts',
      'test/extension/**/*.ts',
      'test/e2e/**/*.ts',
      'test/desktop/**/*.ts',
      'test/support/**/*.ts',
    ],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['**/*.{js,mjs}', 'vitest.config.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly' } },
  },
);
