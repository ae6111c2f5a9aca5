import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { formatBytes, startProgress } from '../../src/cli/progress.ts';

function setUp(isTTY: boolean) {
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 20 });
  let now = 0;
  const io = { stderr, now: () => now } as unknown as Io;
  return {
    io,
    at: (ms: number) => {
      now = ms;
    },
    said: () => String(stderr.read() ?? ''),
  };
}

describe('progress', () => {
  it('on a terminal is one line, from 300 ms on, at most ten times a second, gone at the end', () => {
    const { io, at, said } = setUp(true);
    const progress = startProgress(io, false);
    at(299);
    progress.update(() => 'early');
    at(300);
    progress.update(() => 'a line longer than the terminal');
    at(399);
    progress.update(() => 'too soon');
    at(400);
    progress.update(() => 'second');
    progress.done();
    expect(said()).toBe('\r\u001b[2Ka line longer than \r\u001b[2Ksecond\r\u001b[2K');
  });

  it('elsewhere is a line every ten seconds', () => {
    const { io, at, said } = setUp(false);
    const progress = startProgress(io, false);
    for (let ms = 0; ms <= 25_000; ms += 100) {
      at(ms);
      progress.update(() => `at ${ms}`);
    }
    progress.done();
    expect(said()).toBe('at 10000\nat 20000\n');
  });

  it('is nothing where that is wanted, and nothing for short work', () => {
    const quiet = setUp(true);
    const progress = startProgress(quiet.io, true);
    quiet.at(60_000);
    progress.update(() => 'x');
    progress.done();
    const short = setUp(true);
    startProgress(short.io, false).done();
    expect([quiet.said(), short.said()]).toEqual(['', '']);
  });
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [12_400_000, '12.4 MB'],
  [7_250_000_000_000_000, '7250.0 TB'],
])('says %d bytes as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
