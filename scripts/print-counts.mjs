// Prints the counts of Vitest's JSON report as "N passed, N failed", and fails where a test was skipped: under CI all
// that tests need is there.
import { readFileSync } from 'node:fs';

const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
  readFileSync(process.argv[2], 'utf8'),
);
const skipped = numPendingTests + numTodoTests;
for (const file of testResults) {
  for (const test of file.assertionResults) {
    if (test.status !== 'passed' && test.status !== 'failed') console.log(`skipped: ${test.fullName} (${file.name})`);
  }
}
// A file that could not be loaded has no tests to count, but it has failed.
const broken = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
console.log(`${numPassedTests} passed, ${numFailedTests + broken + skipped} failed`);
process.exitCode = skipped > 0 || numPassedTests === 0 ? 1 : 0;
