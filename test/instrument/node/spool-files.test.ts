import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { hasAbandoned, Recovery } from '../../../src/instrument/node/recovery.ts';
import { spoolDirectories } from '../../../src/instrument/node/spool.ts';
import {
  endpointKey,
  isAbandoned,
  LEASE_MS,
  parseSpoolName,
  spoolNames,
} from '../../../src/instrument/node/spool-files.ts';

const dir = mkdtempSync(join(tmpdir(), 'trace-analyze-spool-'));
const own = parseSpoolName(spoolNames(endpointKey('http://a/v1/traces'))())!;
const NO_PID = 2 ** 22 + 5;
const hasProc = process.platform === 'linux';

beforeEach(() => {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir);
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('the name of a file in the spool', () => {
  it('tells whose it is, and nothing of where it is to go', () => {
    const name = spoolNames(endpointKey('http://user:password@collector.example/v1/traces'))();
    expect(name).toMatch(/^spans-[0-9a-f]{8}-[0-9a-f]{8}-\d+-\d+-[0-9a-f]{10}-0\.ndjson$/);
    expect(parseSpoolName(name)).toMatchObject({ pid: process.pid });
  });

  it('is another one for each file and each thread', () => {
    const [first, second] = [spoolNames('00000000'), spoolNames('00000000')];
    expect(new Set([first(), first(), second(), second()]).size).toBe(4);
  });

  it.each(['notes.txt', 'spans-1.ndjson', 'spans-00000000-00000000-1-1-x.ndjson.tmp'])('is not %s', (name) => {
    expect(parseSpoolName(name)).toBeUndefined();
  });
});

describe('a file is abandoned', () => {
  const old = Date.now() - LEASE_MS - 1000;
  const cases: [string, Partial<typeof own>, number, boolean][] = [
    ['not by a process that runs', {}, old, false],
    ['by one that is gone', { pid: NO_PID }, Date.now(), true],
    ['not by one of another machine that has touched it lately', { machine: '00000000' }, Date.now(), false],
    ['by one of another machine that has not', { machine: '00000000' }, old, true],
    ['by one of another machine whose clock was wrong', { machine: '00000000' }, Date.now() + 2 * LEASE_MS, true],
    ['not by one that runs where starts cannot be told, and touches it', { startTicks: '0' }, Date.now(), false],
    ['by what seems to run where starts cannot be told, and does not', { startTicks: '0' }, old, true],
  ];
  it.each(cases)('%s', (_, more, touchedMs, expected) => {
    expect(isAbandoned({ ...own, ...more }, touchedMs)).toBe(expected);
  });

  it.skipIf(!hasProc)('by one whose number another process has now', () => {
    expect(isAbandoned({ ...own, startTicks: '1' }, Date.now())).toBe(true);
  });
});

describe('recovery', () => {
  let ages = 0;
  const write = (more: Partial<typeof own>, text: string) => {
    const { endpoint, machine, pid, startTicks, rest } = { ...own, pid: NO_PID, ...more };
    const path = join(dir, `spans-${endpoint}-${machine}-${pid}-${startTicks}-${rest}.ndjson`);
    writeFileSync(path, text);
    utimesSync(path, new Date(1_700_000_000_000 + ages), new Date(1_700_000_000_000 + ages++ * 1000));
  };
  const options = { directories: [dir], endpoint: own.endpoint, maxBytes: 1e6 };

  it('gives the oldest first, each once, to whoever asks first', () => {
    write({ rest: 'b' }, 'old\n');
    write({ rest: 'a' }, 'new\n');
    const [one, other] = [new Recovery(options), new Recovery(options)];
    expect([one.next()?.text, other.next()?.text, one.next(), other.next()]).toEqual([
      'old\n',
      'new\n',
      undefined,
      undefined,
    ]);
    expect(readdirSync(dir).map((name) => parseSpoolName(name)?.pid)).toEqual([process.pid, process.pid]);
  });

  it('leaves alone what is meant for another endpoint, and what belongs to a process that runs', () => {
    write({ endpoint: '00000000' }, 'elsewhere\n');
    write({ pid: process.pid }, 'running\n');
    writeFileSync(join(dir, 'notes.txt'), 'not ours');
    const recovery = new Recovery(options);
    expect([recovery.next(), recovery.skipped]).toEqual([undefined, { running: 1, elsewhere: 1 }]);
    expect(readdirSync(dir)).toHaveLength(3);
  });

  it('deletes the oldest of too many, and says how many spans that were', () => {
    write({ rest: 'a' }, 'one\ntwo\n');
    write({ rest: 'b', endpoint: '00000000' }, 'three\n');
    write({ rest: 'c' }, 'four\n');
    const recovery = new Recovery({ ...options, maxBytes: 8 });
    expect([recovery.next()?.text, recovery.takeTrimmed(), recovery.takeTrimmed()]).toEqual(['four\n', 3, 0]);
    expect(readdirSync(dir)).toHaveLength(1);
  });

  it('is worth a start for what is meant for the endpoint, and for too much of whatever it is', async () => {
    write({ endpoint: '00000000' }, 'elsewhere\n');
    const answers = () => Promise.all([1e6, 9].map((maxBytes) => hasAbandoned({ ...options, maxBytes })));
    expect(await answers()).toEqual([false, true]);
    write({}, 'own\n');
    expect(await answers()).toEqual([true, true]);
  });

  it('finds nothing where there is no directory', () => {
    expect(new Recovery({ ...options, directories: [join(dir, 'nowhere')] }).next()).toBeUndefined();
  });
});

describe('the spool is', () => {
  it.each<[string, string | false | undefined, NodeJS.ProcessEnv, readonly string[]]>([
    ['where the environment says', 'option', { TRACE_ANALYZE_SPOOL: '/env' }, ['/env']],
    ['where the program says', '/option', {}, ['/option']],
    ['there even after a change of directory', 'option', {}, [resolve('option')]],
    ['nowhere, if the environment says so', 'option', { TRACE_ANALYZE_SPOOL: 'off' }, []],
    ['nowhere, if the program says so', false, {}, []],
  ])('%s', (_, option, env, expected) => {
    expect(spoolDirectories(option, env)).toEqual(expected);
  });

  it.skipIf(process.platform === 'win32')('else in the state directory of the user, or beside temporary files', () => {
    const [first, second] = spoolDirectories(undefined, { XDG_STATE_HOME: '/state' });
    expect(first).toBe('/state/trace-analyze/spool');
    expect(second).toBe(join(tmpdir(), `trace-analyze-${process.getuid?.()}`, 'spool'));
  });
});
