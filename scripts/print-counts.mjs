// Prints the counts of Vitest's JSON report as "N passed, N failed, N skipped". A test that was skipped for want of a
// Jaeger counts as failed: where this runs, there is one.
import { readFileSync } from 'node:fs';

const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
for (const { fullName } of skipped) console.log(`skipped: ${fullName}`);
const forbidden = skipped.filter(({ fullName }) => /\(no Jaeger: /.test(fullName)).length;
// A file that could not be loaded has no tests to count, but it has failed.
const broken = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
const failed = numFailedTests + broken + forbidden;
console.log(`${numPassedTests} passed, ${failed} failed, ${skipped.length - forbidden} skipped`);
process.exitCode = failed > 0 || numPassedTests === 0 ? 1 : 0;
