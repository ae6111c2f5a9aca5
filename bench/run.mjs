// Runs every benchmark of this folder, one after the other, each in a process of its own. `npm run bench -- wrap` runs
// those whose names contain a word.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const words = process.argv.slice(2);
const all = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.bench.mjs'));
const chosen = all.filter((file) => words.length === 0 || words.some((word) => file.includes(word))).sort();
for (const file of chosen) {
  console.log(`\n== ${file}`);
  const { status } = spawnSync(process.execPath, ['--expose-gc', `${import.meta.dirname}/${file}`], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}
