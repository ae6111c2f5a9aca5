import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openSpanLog } from '../../src/receiver/span-log.ts';
import { type Compiled, compileReceiver } from './compile-receiver.ts';
import { tracesOf } from './receiver-client.ts';

let compiled: Compiled;

beforeAll(() => {
  compiled = compileReceiver();
});

afterAll(() => compiled.remove());

let dir: string;
let path: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'trace-analyze-log-'));
  path = join(dir, 'spans.ndjson');
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

const opening = () => `import { openSpanLog } from ${JSON.stringify(compiled.module('receiver/span-log'))};
  try { openSpanLog(${JSON.stringify(path)}); console.log('open'); } catch (error) { console.log(error.code, error.message); }`;
const node = (code: string) => ['--input-type=module', '-e', code];

describe('one writer', () => {
  it('refuses a second one in the same process, by any name of the file', () => {
    const log = openSpanLog(path);
    symlinkSync(path, join(dir, 'link'));
    for (const name of [path, join(dir, 'link')]) {
      expect(() => openSpanLog(name)).toThrow(
        expect.objectContaining({
          code: 'TA1402',
          message: `${path} is being written by process ${process.pid} on ${hostname()}`,
        }),
      );
    }
    log.append(tracesOf('a'));
    log.close();
    openSpanLog(path).close();
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('refuses a second process while the first lives, and takes over when it was killed', async () => {
    const first = spawn(process.execPath, node(`${opening()}; setInterval(() => {}, 1000);`), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(first.stdout, 'data');
    expect(spawnSync(process.execPath, node(opening())).stdout.toString()).toBe(
      `TA1402 ${path} is being written by process ${first.pid} on ${hostname()}\n`,
    );
    first.kill('SIGKILL');
    await once(first, 'exit');
    expect(existsSync(`${path}.lock`)).toBe(true);
    openSpanLog(path).close();
  });

  it('lets exactly one of many processes take over at once', async () => {
    writeFileSync(`${path}.lock`, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), startTicks: '1' }));
    const waiting = `${opening()}; setInterval(() => {}, 1000);`;
    const others = Array.from({ length: 6 }, () =>
      spawn(process.execPath, node(waiting), { stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    const said = await Promise.all(
      others.map(async (other) =>
        String((await once(other.stdout, 'data'))[0])
          .slice(0, 6)
          .trim(),
      ),
    );
    for (const other of others) other.kill('SIGKILL');
    expect(said.sort()).toEqual(['TA1402', 'TA1402', 'TA1402', 'TA1402', 'TA1402', 'open']);
  });
});

describe('a lock file that is found', () => {
  it('is not fooled by a later process with the same pid', () => {
    writeFileSync(`${path}.lock`, JSON.stringify({ pid: process.pid, host: hostname(), startTicks: '1' }));
    if (existsSync('/proc/self/stat')) openSpanLog(path).close();
    else expect(() => openSpanLog(path)).toThrow('is being written');
  });

  it('leaves a lock of another machine alone', () => {
    writeFileSync(`${path}.lock`, JSON.stringify({ pid: 1, host: 'elsewhere', startTicks: null }));
    expect(() => openSpanLog(path)).toThrow('is being written by process 1 on elsewhere');
  });

  it('waits for a lock that is being written, not for one that its writer left so', () => {
    writeFileSync(`${path}.lock`, '');
    expect(() => openSpanLog(path)).toThrow('is being written by another process');
    utimesSync(`${path}.lock`, 1, 1);
    openSpanLog(path).close();
  });

  it('does not remove a lock that is no longer its own', () => {
    const log = openSpanLog(path);
    writeFileSync(`${path}.lock`, 'other');
    log.close();
    expect(readFileSync(`${path}.lock`, 'utf8')).toBe('other');
  });
});
