import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSpanLog } from '../../src/receiver/span-log.ts';
import { tracesOf } from './receiver-client.ts';

let dir: string;
let path: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'trace-analyze-log-'));
  path = join(dir, 'spans.ndjson');
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

const line = (id: string) => `${JSON.stringify(tracesOf(id))}\n`;
const read = () => readFileSync(path, 'utf8');

function failure(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}

describe('appending', () => {
  it('writes one request a line, before it returns', () => {
    const log = openSpanLog(path);
    log.append(tracesOf('a'));
    expect(read()).toBe(line('a'));
    log.append(tracesOf('b', 'c'));
    expect(read()).toBe(`${line('a')}${JSON.stringify(tracesOf('b', 'c'))}\n`);
    log.close();
    expect(log.path).toBe(path);
  });

  it('goes on behind what is there', () => {
    for (const id of ['a', 'b']) {
      const log = openSpanLog(path);
      expect(log.repaired).toBe('none');
      log.append(tracesOf(id));
      log.close();
      log.close();
    }
    expect(read()).toBe(line('a') + line('b'));
  });

  it('keeps line breaks and odd text within the line', () => {
    const log = openSpanLog(path);
    const traces = tracesOf('a\n\r\u2028\ud800"\\');
    log.append(traces);
    log.close();
    expect(read().split('\n')).toHaveLength(2);
    expect(JSON.parse(read())).toEqual(traces);
  });

  it('is readable by its owner alone', () => {
    openSpanLog(path).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

describe('trouble while writing', () => {
  it('writes all of a line in spite of short writes', () => {
    const log = openSpanLog(path, {
      write: (file, bytes, offset) => writeSync(file, bytes, offset, Math.min(7, bytes.length - offset)),
    });
    log.append(tracesOf('a'));
    log.close();
    expect(read()).toBe(line('a'));
  });

  it('leaves nothing of a line for which there was no room, and goes on when there is', () => {
    let room = 50;
    const log = openSpanLog(path, {
      write: (file, bytes, offset) => {
        if (room === 0) throw failure('ENOSPC');
        const written = writeSync(file, bytes, offset, Math.min(room, bytes.length - offset));
        room -= written;
        return written;
      },
    });
    expect(() => log.append(tracesOf('a'))).toThrow(
      expect.objectContaining({ code: 'TA1403', message: `cannot write to ${path} (ENOSPC)`, fix: expect.any(String) }),
    );
    expect(read()).toBe('');
    room = 1e6;
    log.append(tracesOf('b'));
    log.close();
    expect(read()).toBe(line('b'));
  });

  it('reports a broken disk', () => {
    const log = openSpanLog(path, {
      write: () => {
        throw failure('EIO');
      },
    });
    expect(() => log.append(tracesOf('a'))).toThrow(`cannot write to ${path} (EIO)`);
    log.close();
  });

  it('refuses to write to a file that was deleted', () => {
    const log = openSpanLog(path);
    unlinkSync(path);
    expect(() => log.append(tracesOf('a'))).toThrow('the file was deleted');
    log.close();
  });

  it('refuses spans that are nested too deeply for JSON', () => {
    const log = openSpanLog(path);
    const value = JSON.parse(`${'{"arrayValue":{"values":['.repeat(100_000)}{}${']}}'.repeat(100_000)}`);
    const spans = [{ traceId: 'a', spanId: 'b', attributes: [{ key: 'k', value }] }];
    expect(() => log.append({ resourceSpans: [{ scopeSpans: [{ spans }] }] })).toThrow(
      expect.objectContaining({ name: 'InputError' }),
    );
    log.append(tracesOf('a'));
    log.close();
    expect(read()).toBe(line('a'));
  });

  it('refuses to go on after close', () => {
    const log = openSpanLog(path);
    log.close();
    expect(() => log.append(tracesOf('a'))).toThrow(`${path} is closed`);
  });
});

describe('places that are no file', () => {
  it('refuses a folder and a missing folder', () => {
    mkdirSync(path);
    expect(() => openSpanLog(path)).toThrow(`${path} is not a regular file`);
    expect(() => openSpanLog(join(dir, 'none', 'x'))).toThrow(
      expect.objectContaining({ code: 'TA1404', message: expect.stringContaining('ENOENT') }),
    );
  });

  it('refuses a device', () => {
    expect(() => openSpanLog('/dev/null')).toThrow('/dev/null is not a regular file');
  });
});
