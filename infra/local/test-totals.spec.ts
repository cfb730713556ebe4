import { expect, it } from 'vitest';
import { testTotals } from '#infra/local/test-totals';

const green = { status: 'passed', assertionResults: [{ status: 'passed' }] };
const red = { status: 'failed', assertionResults: [{ status: 'failed' }] };
const unloadable = { status: 'failed', assertionResults: [] };

it.each([
  {
    name: 'all green',
    report: { numPassedTests: 3, numFailedTests: 0, testResults: [green] },
    exitCode: 0,
    expected: { passed: 3, failed: 0 },
  },
  {
    name: 'a failed test',
    report: { numPassedTests: 3, numFailedTests: 1, testResults: [green, red] },
    exitCode: 1,
    expected: { passed: 3, failed: 1 },
  },
  {
    name: 'a file that cannot be loaded',
    report: { numPassedTests: 3, numFailedTests: 0, testResults: [unloadable] },
    exitCode: 1,
    expected: { passed: 3, failed: 1 },
  },
  {
    name: 'an error outside any test',
    report: { numPassedTests: 3, numFailedTests: 0, testResults: [green] },
    exitCode: 1,
    expected: { passed: 3, failed: 1 },
  },
  {
    name: 'no tests at all',
    report: { numPassedTests: 0, numFailedTests: 0, testResults: [] },
    exitCode: 0,
    expected: { passed: 0, failed: 1 },
  },
  { name: 'no report', report: undefined, exitCode: 0, expected: { passed: 0, failed: 1 } },
])('$name', ({ report, exitCode, expected }) => {
  expect(testTotals(report, exitCode)).toEqual(expected);
});
