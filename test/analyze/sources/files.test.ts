import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../../src/analyze/model/errors.ts';
import { type DocumentInput, type ReadOptions, readDocument } from '../../../src/analyze/sources/files.ts';
import { gunzip } from '../../../src/analyze/sources/gunzip.ts';
import { recordingSink } from '../../support/jaeger-sink.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'trace-analyze-files-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const TRACE = '5b8efff798038103d269b633813fc60c';
const span = (n: number) =>
  JSON.stringify({ traceId: TRACE, spanId: n.toString(16).padStart(16, '0'), name: `${n} ${'größe'.repeat(n % 7)}` });
const line = (n: number) => `{"resourceSpans":[{"scopeSpans":[{"spans":[${span(n)}]}]}]}\n`;
const document = (spans: number) => Buffer.from(Array.from({ length: spans }, (_, n) => line(n + 1)).join(''));

function file(name: string, content: Uint8Array | string): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

async function read(input: DocumentInput, options?: ReadOptions) {
  const sink = recordingSink();
  const summary = await readDocument(input, sink, options);
  return { summary, ids: sink.spans().map((got) => Number.parseInt(got.span.spanId, 16)) };
}

const upTo = (n: number) => Array.from({ length: n }, (_, at) => at + 1);
const fails = async (input: DocumentInput): Promise<InputError> => {
  const error = await read(input).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(InputError);
  return error as InputError;
};

describe('a file', () => {
  it('is read', async () => {
    const name = file('plain.jsonl', document(3000));
    const { summary, ids } = await read({ name });
    expect(summary).toEqual({
      name,
      format: 'otlp-json',
      bytes: document(3000).length,
      spans: 3000,
      skipped: [],
      cut: false,
    });
    expect(ids).toEqual(upTo(3000));
  });

  it('may be standard input, in pieces of any size', async () => {
    const bytes = document(5);
    const pieces = Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1));
    const { summary, ids } = await read({ name: '-', stream: Readable.from(pieces) });
    expect([summary.name, ids]).toEqual(['-', upTo(5)]);
  });

  it('tells its progress, in bytes of the file', async () => {
    const packed = gzipSync(document(5000));
    const progress: number[] = [];
    await read({ name: file('progress.gz', packed) }, { onProgress: (bytes) => progress.push(bytes) });
    expect(progress.at(-1)).toBe(packed.length);
  });

  it('is no longer read when its signal is aborted', async () => {
    const abort = new AbortController();
    const reason = new Error('interrupted');
    let ended = false;
    async function* endless() {
      try {
        for (let n = 1; ; n++) {
          yield Buffer.from(line(n));
          if (n === 100) abort.abort(reason);
        }
      } finally {
        ended = true;
      }
    }
    await expect(read({ name: '-', stream: endless() }, { signal: abort.signal })).rejects.toBe(reason);
    expect(ended).toBe(true);
  });

  it('is no longer read when it is nothing that can be read', async () => {
    let pieces = 0;
    async function* endless() {
      for (;;) {
        pieces++;
        yield Buffer.alloc(65_536, 'x');
      }
    }
    expect(await fails({ name: '-', stream: endless() })).toMatchObject({ code: 'TA1311' });
    expect(pieces).toBe(1);
  });
});

describe('a file that cannot be opened', () => {
  it('says what, where and what to do next', async () => {
    const missing = join(dir, 'missing.json');
    expect(await fails({ name: missing })).toMatchObject({
      code: 'TA1315',
      message: `${missing}: no such file`,
      fix: expect.stringMatching(/path/),
    });
    mkdirSync(join(dir, 'folder'));
    expect(await fails({ name: join(dir, 'folder') })).toMatchObject({
      code: 'TA1315',
      message: `${join(dir, 'folder')}: this is a directory`,
      fix: expect.stringMatching(/\*\.json/),
    });
    const inFile = join(file('f', 'x'), 'below');
    expect(await fails({ name: inFile })).toMatchObject({ code: 'TA1315', message: `${inFile}: no such file` });
  });

  const isRoot = process.getuid?.() === 0;
  it.skipIf(isRoot)(`says that it may not be read${isRoot ? ' (root may read everything)' : ''}`, async () => {
    const name = file('secret.json', document(1));
    chmodSync(name, 0);
    expect(await fails({ name })).toMatchObject({ code: 'TA1315', message: `${name}: reading it is not permitted` });
  });

  it('leaves other errors as they are', async () => {
    const bug = new TypeError('a bug');
    const stream = Readable.from(
      (function* () {
        yield Buffer.from(line(1));
        throw bug;
      })(),
    );
    await expect(read({ name: '-', stream })).rejects.toBe(bug);
  });
});

describe('a document that cannot be read', () => {
  it('is named in the error, which keeps the rest', async () => {
    expect(await fails({ name: file('empty.json', '') })).toMatchObject({
      code: 'TA1310',
      message: `${join(dir, 'empty.json')}: the document is empty`,
      byte: 0,
      fix: expect.stringMatching(/./),
    });
    expect(await fails({ name: '-', stream: Readable.from([Buffer.from('<html>')]) })).toMatchObject({
      code: 'TA1311',
      message: 'standard input: this is no trace format that is known: it looks like an HTML page (a login page?)',
    });
  });
});

describe('gzip', () => {
  it('is told by its first bytes, whatever the name', async () => {
    expect((await read({ name: file('packed.json', gzipSync(document(500))) })).ids).toEqual(upTo(500));
    expect((await read({ name: file('plain.json.gz', document(5)) })).ids).toEqual(upTo(5));
  });

  it('may have several members, empty ones too, cut anywhere', async () => {
    const whole = document(300);
    const members = [whole.subarray(0, 1000), Buffer.alloc(0), whole.subarray(1000, 1001), whole.subarray(1001)];
    const name = file('members.gz', Buffer.concat(members.map((member) => gzipSync(member))));
    const { summary, ids } = await read({ name });
    expect(ids).toEqual(upTo(300));
    expect(summary).toMatchObject({ bytes: whole.length, skipped: [], cut: false });
  });

  it('may come byte by byte', async () => {
    const packed = gzipSync(document(20));
    const pieces = Array.from({ length: packed.length }, (_, at) => packed.subarray(at, at + 1));
    expect((await read({ name: '-', stream: Readable.from(pieces) })).ids).toEqual(upTo(20));
  });

  it('that is cut keeps what came before, at every byte', async () => {
    const whole = document(40);
    const packed = gzipSync(whole);
    let most = 0;
    for (let end = 1; end < packed.length; end += 7) {
      const stream = Readable.from([packed.subarray(0, end)]);
      const got = await read({ name: '-', stream }).catch((error: unknown) => error as InputError);
      if (got instanceof Error) {
        expect(got).toBeInstanceOf(InputError);
        continue;
      }
      expect(got.summary.cut).toBe(true);
      expect(got.summary.skipped.at(-1)?.reason).toBe('the gzip data ends in the middle');
      expect(got.ids).toEqual(upTo(got.ids.length));
      most = Math.max(most, got.ids.length);
    }
    expect(most).toBe(40);
  });

  it('that is broken keeps what came before', async () => {
    const good = gzipSync(document(10_000), { level: 1 });
    const bad = Buffer.from(gzipSync(document(10)));
    bad.fill(0xff, 10);
    const { summary, ids } = await read({ name: file('broken.gz', Buffer.concat([good, bad])) });
    expect(ids.length).toBeGreaterThan(5000);
    expect(ids).toEqual(upTo(ids.length));
    expect(summary.cut).toBe(true);
    expect(summary.skipped.at(-1)?.reason).toBe('the gzip data is broken from here on');
  });

  it.each([1, 7, 100, 1 << 20])('may be padded with zeros (%i bytes at a time)', async (size) => {
    const packed = Buffer.concat([gzipSync(document(3)), gzipSync(document(2)), Buffer.alloc(40_000)]);
    const pieces = Array.from({ length: Math.ceil(packed.length / size) }, (_, i) =>
      packed.subarray(i * size, (i + 1) * size),
    );
    const { summary, ids } = await read({ name: '-', stream: Readable.from(pieces) });
    expect(ids).toEqual([...upTo(3), ...upTo(2)]);
    expect(summary).toMatchObject({ skipped: [], cut: false });
  });

  it.each([1, 100, 1 << 20])('that goes on after its padding is broken there (%i bytes at a time)', async (size) => {
    const packed = Buffer.concat([gzipSync(document(3)), Buffer.alloc(200), gzipSync(document(2))]);
    const pieces = Array.from({ length: Math.ceil(packed.length / size) }, (_, i) =>
      packed.subarray(i * size, (i + 1) * size),
    );
    const { summary, ids } = await read({ name: '-', stream: Readable.from(pieces) });
    expect(ids).toEqual(upTo(3));
    expect(summary.skipped.at(-1)?.reason).toBe('the gzip data is broken from here on');
  });

  it('that is broken at once is refused', async () => {
    const packed = Buffer.from(gzipSync(document(5)));
    packed.fill(0xff, 10, 40);
    expect(await fails({ name: file('all-broken.gz', packed) })).toMatchObject({ code: 'TA1317' });
    expect(await fails({ name: file('head.gz', packed.subarray(0, 5)) })).toMatchObject({ name: 'InputError' });
  });

  it('that holds nothing, or nothing known, is refused like a plain file', async () => {
    expect(await fails({ name: file('empty.gz', gzipSync('')) })).toMatchObject({ code: 'TA1310' });
    expect(await fails({ name: file('text.gz', gzipSync('hello')) })).toMatchObject({ code: 'TA1311' });
  });

  it('that is a bomb is stopped, in bounded memory', async () => {
    const block = gzipSync(Buffer.alloc(16 << 20, ' '), { level: 9 });
    const begin = gzipSync(`${line(1)}{"resourceSpans":[`);
    let blocks = 0;
    async function* bomb() {
      yield begin;
      for (;;) {
        blocks++;
        yield block;
      }
    }
    const before = process.memoryUsage().rss;
    const error = await fails({ name: '-', stream: bomb() });
    expect(error).toMatchObject({ code: 'TA1316', fix: expect.stringMatching(/gzip -dc/) });
    expect(blocks).toBeLessThanOrEqual(18);
    expect(process.memoryUsage().rss - before).toBeLessThan(128 << 20);
  });
});

describe('gunzip', () => {
  it('lets through what is packed tightly, up to the ratio', async () => {
    async function* once() {
      yield gzipSync(Buffer.alloc(100_000, ' '));
    }
    const unpack = async (maxRatio: number) => {
      let bytes = 0;
      const limits = { bombBytes: 50_000, maxRatio };
      for await (const chunk of gunzip(once(), () => undefined, limits)) bytes += chunk.length;
      return bytes;
    };
    expect(await unpack(1100)).toBe(100_000);
    await expect(unpack(100)).rejects.toMatchObject({ code: 'TA1316' });
  });
});

describe('a real file', () => {
  it('gives the same packed and plain', async () => {
    const path = join(import.meta.dirname, '../../fixtures/formats/otlp-protobuf/2.bin');
    const plain = await read({ name: path });
    const packed = await read({ name: file('2.bin.gz', gzipSync(readFileSync(path))) });
    expect(packed.ids).toEqual(plain.ids);
    expect({ ...packed.summary, name: path }).toEqual(plain.summary);
  });
});
