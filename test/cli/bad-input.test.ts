import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { BIN, type CliOptions, runCli } from '../support/cli.ts';
import { cutAnswer, deadUrl, type FaultServer, startFaultServer } from '../support/jaeger-fault-server.ts';

const dir = mkdtempSync(join(tmpdir(), 'trace-analyze-bad-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const span = (id: string, more: object = {}) => ({
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: id.padStart(16, '0'),
  name: `span ${id}`,
  startTimeUnixNano: '1750000000000000000',
  endTimeUnixNano: '1750000001000000000',
  ...more,
});
const otlp = (...spans: object[]) => JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });

function file(name: string, content: string | Uint8Array): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

/** Exactly one error, said on stderr, and nothing on stdout. */
async function expectError(args: readonly string[], exitCode: number, code: string, options: CliOptions = {}) {
  const { code: exited, stdout, stderr } = await runCli(args, options);
  expect({ exited, stdout, said: stderr.match(/^error\[(TA\d+)\]/m)?.[1] }).toEqual({
    exited: exitCode,
    stdout: '',
    said: code,
  });
  expect(stderr.match(/error\[/g)).toHaveLength(1);
  expect(stderr).toMatch(/^ {2}fix: /m);
  return stderr;
}

describe('input that cannot be used', () => {
  const bomb = () => {
    // 4 GiB of spaces in the place of a span: gzip members can be strung together.
    const head = gzipSync('{"resourceSpans":[{"scopeSpans":[{"spans":[');
    const member = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20));
    return Buffer.concat([head, ...Array.from({ length: 64 }, () => member)]);
  };
  it.each<[string, () => string | Uint8Array, string]>([
    ['an empty file', () => '', 'TA1310'],
    ['white space', () => ' \n\t\n', 'TA1310'],
    ['JSON cut before its first span', () => '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af', 'TA1313'],
    ['binary junk', () => Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919 + (i >> 3)) & 0xff), 'TA1311'],
    ['JSON of something else', () => '{"hello":"world"}', 'TA1311'],
    ['a web page', () => '<!DOCTYPE html><title>Sign in</title>', 'TA1311'],
    ['a document without spans', () => '{"resourceSpans":[]}', 'TA1314'],
    ['a Jaeger answer without traces', () => '{"data":[],"total":0,"limit":20,"offset":0,"errors":null}', 'TA1314'],
    ['broken gzip', () => Uint8Array.from([0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8]), 'TA1317'],
    ['a gzip bomb', bomb, 'TA1316'],
  ])('%s', async (name, content, code) => {
    await expectError([file(`${name.replaceAll(' ', '-')}.json`, content())], 3, code);
  });

  it('a file that is not there', async () => {
    const stderr = await expectError([join(dir, 'missing.json')], 3, 'TA1315');
    expect(stderr).toContain('missing.json: no such file');
  });

  it('a directory', async () => {
    await expectError([dir], 3, 'TA1315');
  });

  it('nothing on standard input', async () => {
    const stderr = await expectError(['-'], 3, 'TA1310');
    expect(stderr).toContain('standard input');
  });

  it.each([
    ['arrays', '['.repeat(200_000)],
    ['closed arrays', '['.repeat(200_000) + ']'.repeat(200_000)],
    ['objects', '{"data":'.repeat(200_000)],
  ])('nesting 200,000 deep, of %s', async (name, content) => {
    const { code, stdout, stderr } = await runCli([file(`deep-${name.length}.json`, content)]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/^error\[TA13\d\d\]/);
  });

  it('says it as JSON where JSON was asked for', async () => {
    const { code, stdout, stderr } = await runCli(['--json', file('none.json', '')]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'TA1310',
        message: expect.stringContaining('none.json'),
        fix: expect.any(String),
        docs: 'docs/troubleshooting.md#ta1310',
        details: {},
      },
    });
  });
});

describe('input that is bad in part', () => {
  it('a deep attribute costs nothing else', async () => {
    const deep = `{"key":"deep","value":${'{"arrayValue":{"values":['.repeat(50_000)}{}${']}}'.repeat(50_000)}}`;
    const text = otlp(span('1'), span('2', { name: 'DEEP' })).replace(
      '"name":"DEEP"',
      `"attributes":[${deep}],"name":"x"`,
    );
    const { code, stdout } = await runCli(['--json', file('deep-attribute.json', text)]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).input.spans).toBeGreaterThanOrEqual(1);
  });

  it('JSON cut after whole spans gives those, and says so', async () => {
    const whole = otlp(span('1'), span('2', { parentSpanId: '1'.padStart(16, '0') }));
    const { code, stdout, stderr } = await runCli(['--json', file('cut.json', whole.slice(0, -20))]);
    const report = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(report).toMatchObject({ partial: true, partialReasons: ['cut_input'], input: { traces: 1 } });
    expect(stderr).toContain('ends in the middle');
  });

  it('one bad file costs the good ones nothing', async () => {
    const { code, stdout, stderr } = await runCli([
      '--json',
      file('bad.json', '{}'),
      file('good.json', otlp(span('1'))),
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      partial: true,
      input: { spans: 1, skipped: [{ source: expect.stringContaining('bad.json'), count: 1 }] },
    });
    expect(stderr).toContain('bad.json');
  });

  it('notes how much was left out, and for how many reasons', async () => {
    const spans = otlp(span('1'), span('2', { traceId: 7 }), span('3', { name: 'BAD' })).replace(
      /\{[^{]*BAD[^}]*\}/,
      '5',
    );
    const missing = join(dir, 'missing.json');
    const { stderr } = await runCli([missing, file('three.json', spans)]);
    expect(stderr.trimEnd().split('\n')).toEqual([
      `note: ${missing}: no such file`,
      'note: 2 records were left out: a span has no traceId (and 1 other reason)',
    ]);
  });

  it('cyclic parents are cut, and that is counted', async () => {
    const [a, b] = ['a'.padStart(16, '0'), 'b'.padStart(16, '0')];
    const cyclic = otlp(span('a', { parentSpanId: b }), span('b', { parentSpanId: a }));
    const { code, stdout } = await runCli(['--json', file('cyclic.json', cyclic)]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).dataQuality.repairs).toMatchObject({ cycle: 1 });
  });
});

it.skipIf(!existsSync('/dev/full'))('a full disk behind standard output is said in one message', async () => {
  const words = [process.execPath, BIN, '--json', file('full.json', otlp(span('1')))];
  const run = promisify(execFile)('/bin/sh', ['-c', '"$@" > /dev/full', 'sh', ...words]);
  await expect(run).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^error\[TA1103\]: cannot write standard output \(ENOSPC\)\n(?!.*\n +at )/),
  });
});

describe('a Jaeger that cannot be used', () => {
  const servers: FaultServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  const start = async (...args: Parameters<typeof startFaultServer>) => {
    const server = await startFaultServer(...args);
    servers.push(server);
    return server.url;
  };

  it('a URL that is none', async () => {
    await expectError(['--jaeger', 'localhost:16686'], 2, 'TA1101');
    await expectError(['pull', 'jaeger', 'ftp://host/'], 2, 'TA1101');
  });

  it('nobody listens', async () => {
    await expectError(['--jaeger', await deadUrl()], 4, 'TA1203');
  });

  it.each([
    ['401', 401, 'no', 'TA1202'],
    ['500', 500, 'oops', 'TA1205'],
    ['a login page', 200, '<!DOCTYPE html><title>Sign in</title>', 'TA1201'],
  ])('%s', async (_, status, body, code) => {
    const url = await start((_request, response) => response.writeHead(status).end(body));
    await expectError(['--jaeger', url], 4, code);
    await expectError(['pull', 'jaeger', url], 4, code);
    await expectError(['explain', '0af7651916cd43dd8448eb211c80319c', '--jaeger', url], 4, code);
  });

  it('a body that is cut', async () => {
    const url = await start((_request, response) => cutAnswer(response, otlp(span('1'))));
    await expectError(['--jaeger', url, '--trace', '0af7651916cd43dd8448eb211c80319c'], 4, 'TA1207');
  });

  it('no traces in the window', async () => {
    const url = await start((request, response) =>
      response.end(request.url?.startsWith('/api/v3/services') ? '{"services":["shop"]}' : '{"summaries":[]}'),
    );
    const stderr = await expectError(['--jaeger', url], 3, 'TA1301');
    expect(stderr).toContain('"shop"');
  });

  it('costs the files beside it nothing but the exit code', async () => {
    const url = await deadUrl();
    const { code, stdout, stderr } = await runCli(['--json', '--jaeger', url, file('beside.json', otlp(span('1')))]);
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ partial: true, partialReasons: ['source_failed'], input: { spans: 1 } });
    expect(stderr).toContain('cannot reach Jaeger');
  });
});

describe('a command line that is wrong', () => {
  it.each([
    [['--no-such-option']],
    [['--format', 'html', 'x.json']],
    [['--since', '1h', 'x.json']],
    [['--jaeger', 'http://127.0.0.1:1', '--since', 'yesterday']],
    [['--jaeger', 'http://127.0.0.1:1', '--limit', '0']],
    [['--jaeger', 'http://127.0.0.1:1', '--tag', 'novalue']],
    [['--jaeger', 'http://127.0.0.1:1', '--trace', 'xyz']],
    [['--ui', 'nowhere', 'x.json']],
    [['record', '--ui', 'nowhere', '--', 'true']],
    [['demo', '--ui', 'nowhere']],
    [['explain']],
    [['record']],
    [['record', '--format', 'md', '--', 'true']],
    [['receive', '--port', '70000']],
  ])('%j', async (args) => {
    const { code, stdout, stderr } = await runCli(args, { stdin: otlp(span('1')) });
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error\[TA11\d\d\]/);
  });
});
