import { describe, expect, it } from 'vitest';
import { countReport, summary, type VitestReport } from './testReport.ts';

const report = (changes: Partial<VitestReport>): VitestReport => ({
  success: true,
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [{ status: 'passed', assertionResults: [{ status: 'passed' }] }],
  ...changes,
});

const brokenFile = { status: 'failed', assertionResults: [] };
const failedTest = { status: 'failed', assertionResults: [{ status: 'failed' }] };

describe('countReport', () => {
  it.each([
    ['a good run', {}, '3 passed, 0 failed'],
    ['skipped and todo', { numPendingTests: 2, numTodoTests: 1 }, '3 passed, 0 failed, 3 skipped'],
    [
      'a failed test',
      { success: false, numFailedTests: 1, testResults: [failedTest] },
      '3 passed, 1 failed',
    ],
    [
      'a file that did not load',
      { success: false, testResults: [brokenFile] },
      '3 passed, 1 failed',
    ],
    [
      'both',
      { success: false, numFailedTests: 1, testResults: [brokenFile, failedTest] },
      '3 passed, 2 failed',
    ],
    ['an error outside of any test', { success: false }, '3 passed, 1 failed'],
  ])('%s', (_, changes, line) => {
    expect(summary(countReport(report(changes)))).toBe(line);
  });
});
