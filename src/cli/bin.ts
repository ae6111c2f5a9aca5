#!/usr/bin/env node
import { ExitCode, exitCodeOf } from './exit-codes.ts';
import type { Io } from './io.ts';
import { run } from './main.ts';
import { printError } from './print-error.ts';
import { unwritable } from './write-file.ts';

const abort = new AbortController();
let signals = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second one is from somebody who does not want to wait for what can still be saved.
    if (++signals > 1) process.exit(ExitCode.interrupted);
    abort.abort(new DOMException('interrupted', 'AbortError'));
  });
}
process.stderr.on('error', () => undefined);

const io: Io = {
  // Looked at only by commands that read it: the mere look opens the stream.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  now: Date.now,
  signal: abort.signal,
};
process.stdout.on('error', async (error: NodeJS.ErrnoException) => {
  // Whoever reads us has read enough (`| head`).
  if (error.code === 'EPIPE') process.exit(ExitCode.ok);
  const told = unwritable('standard output', error);
  await printError(told, io, { json: false, color: undefined, debug: false });
  process.exit(exitCodeOf(told));
});

process.exitCode = await run(process.argv.slice(2), io);
