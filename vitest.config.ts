import { defineConfig } from 'vitest/config';

const unit = ['test/{protocol,client,backend,extension,conformance,support}/**/*.test.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        resolve: {
          alias: { vscode: new URL('./test/support/fakeVscode.ts', import.meta.url).pathname },
        },
        test: { name: 'unit', include: unit, testTimeout: 20_000 },
      },
      {
        // Real model, real socket, real processes: two at a time would fight for the cores.
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/provideModel.ts', 'test/support/provideToolchain.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: [
            'test/support/provideModel.ts',
            'test/support/provideToolchain.ts',
            'test/support/provideEditor.ts',
          ],
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 1_200_000,
        },
      },
    ],
  },
});
