import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/analyze/report/types.ts';
import { schemaErrors } from '../analyze/report/report-schema.ts';
import { runCli } from '../support/cli.ts';

const FIXTURES = resolve(import.meta.dirname, '../fixtures');
const HELM = join(FIXTURES, 'traces/kagent-jaeger/helm.json');
const K8S = join(FIXTURES, 'traces/kagent-jaeger/k8s.json');
const CASES = ['a13-promise-all-straggler', 'a28-in-flight-without-root', 'e40-duplicate-ids', 'e42-self-parent'];

const dir = mkdtempSync(join(tmpdir(), 'trace-analyze-cli-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function reportOn(args: readonly string[], stdin?: string | Uint8Array): Promise<Report> {
  const { code, stdout, stderr } = await runCli(['--json', ...args], stdin === undefined ? {} : { stdin });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Report;
}

/** A conformance case holds its trace in a member. */
const caseTrace = (name: string) =>
  JSON.stringify(JSON.parse(readFileSync(join(FIXTURES, `critical-path/${name}.json`), 'utf8')).trace);

describe('analyze', () => {
  it.each([
    ['helm', HELM, 0.967],
    ['k8s', K8S, 0.974],
  ])('says who owns the run: %s', async (_, file, share) => {
    const { thirdParty, traces } = await reportOn([file]);
    expect(thirdParty.parties[0]?.name).toBe('api.openai.com');
    expect(Math.abs((thirdParty.parties[0]?.criticalPathShare ?? 0) - share)).toBeLessThan(0.01);
    expect(traces).toHaveLength(1);
    const { stdout } = await runCli([file]);
    expect(stdout.split('\n').slice(0, 3).join('\n')).toMatch(/9[67] %\) was api\.openai\.com/);
  });

  it('prints JSON that is exactly its schema', async () => {
    expect(schemaErrors(await reportOn([HELM, K8S, '--ui', 'http://localhost:16686/base/']))).toEqual([]);
    for (const name of CASES) expect(schemaErrors(await reportOn(['-'], caseTrace(name)))).toEqual([]);
  });

  it('gives equal input equal bytes, in whatever order the files come', async () => {
    const [ab, again, ba] = await Promise.all([
      runCli(['--json', HELM, K8S]),
      runCli(['--json', HELM, K8S]),
      runCli(['--json', K8S, HELM]),
    ]);
    expect(again.stdout).toBe(ab.stdout);
    const withoutSources = (text: string) => ({ ...JSON.parse(text), input: undefined });
    expect(withoutSources(ba.stdout)).toEqual(withoutSources(ab.stdout));
  });

  it('counts a trace that is in two files once', async () => {
    const { input, criticalPath, dataQuality } = await reportOn([HELM, HELM]);
    const once = await reportOn([HELM]);
    expect(input).toMatchObject({ traces: 1, spans: once.input.spans, sources: [{ traces: 1 }, { traces: 1 }] });
    expect(criticalPath.durationNs).toBe(once.criticalPath.durationNs);
    expect(dataQuality.repairs['repeated-span']).toBe(once.input.spans);
  });

  it('reads standard input, compressed or not, named or not', async () => {
    const bytes = readFileSync(HELM);
    const [file, named, bare, zipped] = await Promise.all([
      reportOn([HELM]),
      reportOn(['-'], bytes),
      reportOn([], bytes),
      reportOn(['-'], gzipSync(bytes)),
    ]);
    for (const report of [named, bare, zipped]) {
      expect({ ...report, input: 0 }).toEqual({ ...file, input: 0 });
      expect(report.input.sources[0]).toMatchObject({ name: '-', format: 'jaeger-json', spans: 96 });
    }
  });

  it('accounts for every nanosecond of the path', async () => {
    const { thirdParty, criticalPath, traces } = await reportOn([HELM, K8S]);
    const parties = thirdParty.parties.filter((party) => party.class !== 'internal');
    const { codeNs, internalNs, waitNs, untracedNs } = thirdParty.own;
    const sum = parties.reduce((ns, party) => ns + Number(party.pathNs), 0);
    expect(sum + Number(codeNs) + Number(internalNs) + Number(waitNs) + Number(untracedNs)).toBe(
      criticalPath.durationNs,
    );
    for (const trace of traces) {
      let at = 0;
      for (const { startNs, endNs } of trace.criticalPath.segments) {
        expect(startNs).toBe(at);
        at = endNs;
      }
      expect(at).toBe(trace.durationNs);
    }
  });

  it('writes several formats at once, text to the screen', async () => {
    const [json, md] = [join(dir, 'r.json'), join(dir, 'r.md')];
    const args = [HELM, '--format', 'text', '--format', `json=${json}`, '--format', `md=${md}`];
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('api.openai.com');
    expect(schemaErrors(JSON.parse(readFileSync(json, 'utf8')))).toEqual([]);
    expect(readFileSync(md, 'utf8')).toMatch(/^#/m);
  });

  it('links to the UI it is told of, and has no links without one', async () => {
    const { traces } = await reportOn([HELM, '--ui', 'https://jaeger.example/base/']);
    expect(traces[0]?.links?.trace).toBe(`https://jaeger.example/base/trace/${traces[0]?.traceId}`);
    expect((await reportOn([HELM])).traces[0]?.links).toBeUndefined();
  });

  it('colours only where asked to in a pipe', async () => {
    const sequence = '\u001b[';
    const [pipe, forced, flag, both] = await Promise.all([
      runCli([HELM]),
      runCli([HELM], { env: { FORCE_COLOR: '1' } }),
      runCli([HELM, '--color']),
      runCli([HELM], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }),
    ]);
    expect([pipe, forced, flag, both].map(({ stdout }) => stdout.includes(sequence))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect((await runCli(['--json', '--color', HELM])).stdout).not.toContain(sequence);
  });

  it('keeps to ASCII where the locale does', async () => {
    const { stdout } = await runCli([HELM], { env: { LC_ALL: 'C' } });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is the point
    expect(stdout).toMatch(/^[\x00-\x7f]*$/);
  });

  it('prints a record a line where that is asked for', async () => {
    const { stdout } = await runCli(['--plain', HELM]);
    const records = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(records[0]?.slice(0, 4)).toEqual(['entry_point', 'helm_agent', 'POST /', '1']);
    expect(records).toContainEqual(expect.arrayContaining(['party', 'api.openai.com', 'third_party', '2']));
  });

  it("judges by the user's own limits", async () => {
    const tool = (n: number) => ({
      traceId: 'a'.repeat(32),
      spanId: n.toString(16).padStart(16, '0'),
      ...(n === 1 ? {} : { parentSpanId: '1'.padStart(16, '0') }),
      name: n === 1 ? 'run' : 'execute_tool look',
      startTimeUnixNano: String(1_000_000_000n + BigInt(n === 1 ? 0 : n) * 100_000_000n),
      endTimeUnixNano: String(n === 1 ? 2_000_000_000n : 1_000_000_000n + BigInt(n) * 100_000_000n + 90_000_000n),
      attributes: n === 1 ? [] : [{ key: 'gen_ai.tool.name', value: { stringValue: 'look' } }],
    });
    const stdin = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [1, 2, 3, 4, 5].map(tool) }] }] });
    const limits = join(dir, 'limits.json');
    writeFileSync(limits, '{"categories":{"tool":{"n_plus_one.minCount":5}}}');
    expect((await reportOn(['-'], stdin)).findings.map(({ kind }) => kind)).toEqual(['n_plus_one']);
    expect((await reportOn(['--thresholds', limits, '-'], stdin)).findings).toEqual([]);
    writeFileSync(limits, '{"all":{"n_plus_one.minCuont":5}}');
    const { code, stderr } = await runCli(['--thresholds', limits, '-'], { stdin });
    expect(code).toBe(2);
    expect(stderr).toContain('unknown threshold "n_plus_one.minCuont"');
  });

  it('ends quietly when its reader has read enough', async () => {
    const { code, stderr } = await runCli(['--json', HELM], {
      onStart: (child) => void child.stdout?.once('data', () => child.stdout?.destroy()),
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('says its version, and its exit codes in the help', async () => {
    const { version } = JSON.parse(readFileSync(resolve(FIXTURES, '../../package.json'), 'utf8'));
    expect((await runCli(['--version'])).stdout).toBe(`${version}\n`);
    const help = await runCli(['--help']);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('130 interrupted');
    expect((await runCli(['help', 'record'])).stdout).toContain('--spans <file>');
  });
});

describe('explain', () => {
  const id = JSON.parse(readFileSync(HELM, 'utf8')).data[0].traceID as string;

  it.each([
    ['its id', id],
    ['the beginning of its id', id.slice(0, 8)],
    ['its id in capitals', id.toUpperCase()],
  ])('finds a trace by %s', async (_, given) => {
    const { code, stdout } = await runCli(['explain', given, HELM, K8S]);
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toContain(`trace ${id}`);
    expect(stdout).toContain('api.openai.com');
  });

  it('prints the report of that trace alone as JSON', async () => {
    const { code, stdout } = await runCli(['explain', id, HELM, K8S, '--json']);
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as Report;
    expect(schemaErrors(report)).toEqual([]);
    expect(report).toMatchObject({ input: { traces: 1 }, traces: [{ traceId: id }] });
  });

  it.each([
    ['too short', id.slice(0, 7)],
    ['unknown', 'f'.repeat(32)],
    ['no id at all', 'helm'],
  ])('refuses what is %s', async (_, given) => {
    const { code, stdout, stderr } = await runCli(['explain', given, HELM]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/^error\[TA1302\]: trace .* is not in the input\n {2}why: it has 1 trace: /);
  });

  it('asks for more digits where several traces begin alike', async () => {
    const span = (n: number) => ({
      traceId: `aaaaaaaa${n.toString(16).padStart(24, '0')}`,
      spanId: 'b'.repeat(16),
      name: 'x',
      startTimeUnixNano: '1',
      endTimeUnixNano: '2',
    });
    const stdin = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span(1), span(2)] }] }] });
    const { code, stderr } = await runCli(['explain', 'aaaaaaaa', '-'], { stdin });
    expect(code).toBe(2);
    expect(stderr).toContain('2 traces begin with aaaaaaaa');
  });
});
