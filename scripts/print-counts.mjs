// Prints the sum of Vitest's JSON reports as "N passed, N failed, N skipped". Where this runs there is all that tests can
// need, so a test that was skipped for want of it counts as failed.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const reports = process.argv.slice(2).map((file) => ({ file, ...JSON.parse(readFileSync(file, 'utf8')) }));
const results = reports.map(({ file, numPassedTests, numFailedTests, testResults }) => {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
  for (const { fullName } of skipped) console.log(`skipped: ${fullName}`);
  const forbidden = skipped.filter(({ fullName }) =>
    /\((no Jaeger: |(packages )?not installed: )/.test(fullName),
  ).length;
  // A file that could not be loaded has no tests to count, but it has failed.
  const broken = testResults.filter((one) => one.status === 'failed' && one.assertionResults.length === 0).length;
  const failed = numFailedTests + broken + forbidden;
  // So has a run in which there was nothing to run.
  return {
    file,
    passed: numPassedTests,
    failed: numPassedTests + failed === 0 ? 1 : failed,
    skipped: skipped.length - forbidden,
  };
});
const sum = (key) => results.reduce((total, one) => total + one[key], 0);

for (const { file, passed, failed, skipped } of results)
  console.log(`${basename(file, '.json')}: ${text(passed, failed, skipped)}`);
console.log(text(sum('passed'), sum('failed'), sum('skipped')));
process.exitCode = sum('failed') > 0 || results.length === 0 ? 1 : 0;

function text(passed, failed, skipped) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
