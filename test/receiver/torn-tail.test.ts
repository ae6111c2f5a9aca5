import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

describe('repair of the last line', () => {
  it('cuts off a line at whatever byte it was torn', () => {
    const whole = line('a');
    const torn = Buffer.from(line('größe'));
    for (let bytes = 1; bytes < torn.length - 1; bytes++) {
      writeFileSync(path, Buffer.concat([Buffer.from(whole), torn.subarray(0, bytes)]));
      const log = openSpanLog(path);
      expect([bytes, log.repaired]).toEqual([bytes, 'cut']);
      log.append(tracesOf('b'));
      log.close();
      expect(read()).toBe(whole + line('b'));
    }
  });

  it('completes a line that lacks its newline only', () => {
    writeFileSync(path, line('a') + line('b').trimEnd());
    const log = openSpanLog(path);
    expect(log.repaired).toBe('completed');
    log.close();
    expect(read()).toBe(line('a') + line('b'));
  });

  it('cuts off a torn first line', () => {
    writeFileSync(path, line('a').slice(0, 5));
    openSpanLog(path).close();
    expect(read()).toBe('');
  });

  it('finds the start of a torn line that is longer than a block', () => {
    writeFileSync(path, line('a') + line('x'.repeat(300_000)).slice(0, -10));
    openSpanLog(path).close();
    expect(read()).toBe(line('a'));
  });

  it('cuts off zeros that a loss of power left', () => {
    for (const tail of [
      '\0'.repeat(100),
      `${line('b').slice(0, 9)}${'\0'.repeat(100)}`,
      `${line('b').slice(0, 40)}\0`,
    ]) {
      writeFileSync(path, line('a') + tail);
      openSpanLog(path).close();
      expect(read()).toBe(line('a'));
    }
  });

  it.each([
    ['another text', 'my thesis'],
    ['another text with a newline', 'my thesis\n'],
    ['other JSON', '{"name":"package"}'],
    ['OTLP JSON over several lines', JSON.stringify(tracesOf('a'), null, 2)],
    ['spans and then something else', `${line('a')}my thesis`],
  ])('leaves alone a file with %s', (_what, text) => {
    writeFileSync(path, text);
    expect(() => openSpanLog(path)).toThrow(expect.objectContaining({ code: 'TA1404' }));
    expect(read()).toBe(text);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });
});
