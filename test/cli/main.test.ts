import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { run } from '../../src/cli/main.ts';

function ioWith(more: Partial<Io>) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const io: Io = { stdin, stdout, stderr, env: {}, now: () => 0, signal: new AbortController().signal, ...more };
  return { io, said: () => ({ stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') }) };
}

describe('the command line', () => {
  it('prints its help where a person calls it with nothing, instead of waiting for input', async () => {
    const { io, said } = ioWith({});
    expect(await run([], io)).toBe(0);
    expect(said().stdout).toMatch(/^Usage: trace-analyze/);
  });

  it('prints help, and nothing else, for a command that lacks its second word', async () => {
    const { io, said } = ioWith({});
    expect(await run(['pull'], io)).toBe(2);
    const { stdout, stderr } = said();
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^Usage: trace-analyze pull/);
    expect(stderr).not.toContain('error[');
  });

  it('tells a bug from a mistake of the user, with its stack and where to report it', async () => {
    const { io, said } = ioWith({
      now: () => {
        throw new TypeError('boom');
      },
    });
    expect(await run(['package.json'], io)).toBe(70);
    const { stdout, stderr } = said();
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error\[TA9001\]: a bug in trace-analyze \(TypeError: boom\)\n {2}fix: please report it/);
    expect(stderr).toContain('at Object.now');
  });

  it('shows the stack of a mistake only for --debug', async () => {
    const plain = ioWith({});
    expect(await run(['no-such-file.json'], plain.io)).toBe(3);
    expect(plain.said().stderr).not.toContain('    at ');
    const debug = ioWith({});
    expect(await run(['--debug', 'no-such-file.json'], debug.io)).toBe(3);
    expect(debug.said().stderr).toContain('    at ');
  });

  it('suggests what may have been meant', async () => {
    const { io, said } = ioWith({});
    expect(await run(['--jagger', 'http://localhost:16686'], io)).toBe(2);
    expect(said().stderr).toContain('Did you mean --jaeger?');
  });
});
