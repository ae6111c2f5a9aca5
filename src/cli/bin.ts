#!/usr/bin/env node
import { ExitCode } from './exit-codes.ts';
import { run } from './main.ts';

const abort = new AbortController();
let signals = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second one is from somebody who does not want to wait for what can still be saved.
    if (++signals > 1) process.exit(ExitCode.interrupted);
    abort.abort(new DOMException('interrupted', 'AbortError'));
  });
}
// Whoever reads us has read enough (`| head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(ExitCode.ok);
  throw error;
});
process.stderr.on('error', () => undefined);

process.exitCode = await run(process.argv.slice(2), {
  // Looked at only by commands that read it: the mere look opens the stream.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  now: Date.now,
  signal: abort.signal,
});
