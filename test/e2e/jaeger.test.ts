import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OtlpTraces } from '../../src/analyze/formats/otlp-types.ts';
import type { Report } from '../../src/analyze/report/types.ts';
import { type CliRun, runCli } from '../support/cli.ts';
import { sendTraces, startJaeger } from '../support/jaeger.ts';

const jaeger = await startJaeger();
const running = 'skipped' in jaeger ? undefined : jaeger;
const live = (title: string, body: () => Promise<void>) =>
  it.skipIf('skipped' in jaeger)('skipped' in jaeger ? `${title} (${jaeger.skipped})` : title, body);

const dir = mkdtempSync(join(tmpdir(), 'trace-analyze-e2e-'));
const spans = join(dir, 'demo.ndjson');

/** Without what only a known UI brings. */
function withoutLinks(report: Report): string {
  const { entryPoints, criticalPath, thirdParty, findings, dataQuality } = report;
  const drop = (key: string, value: unknown) => (key === 'links' || key === 'link' ? undefined : value);
  return JSON.stringify({ entryPoints, criticalPath, thirdParty, findings, dataQuality }, drop);
}

const traceIdsOf = ({ resourceSpans = [] }: OtlpTraces): string[] =>
  resourceSpans.flatMap(({ scopeSpans = [] }) =>
    scopeSpans.flatMap(({ spans: all = [] }) => all.map((s) => s.traceId)),
  );

describe('the demo, by way of a real Jaeger', () => {
  let demo: CliRun;
  let traceIds: string[];

  beforeAll(async () => {
    demo = await runCli(['demo', '--json', '--quiet', '--spans', spans]);
    const bodies = readFileSync(spans, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as OtlpTraces);
    traceIds = [...new Set(bodies.flatMap(traceIdsOf))];
    if (running === undefined) return;
    for (const body of bodies) await sendTraces(running, body, []);
    await sendTraces(running, { resourceSpans: [] }, traceIds);
  }, 120_000);

  afterAll(async () => {
    await running?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const fromJaeger = (...args: string[]) => [
    ...args,
    '--jaeger',
    running?.baseUrl ?? '',
    ...traceIds.flatMap((id) => ['--trace', id]),
  ];

  it('finds what was planted, without a Jaeger', () => {
    expect(demo.stderr).toMatch(/Planted problems found: (\d+) of \1 /);
    expect(demo.code).toBe(0);
    expect((JSON.parse(demo.stdout) as Report).partial).toBe(false);
  });

  live('is judged as from the file, to the byte', async () => {
    const [file, pulled] = await Promise.all([runCli(['--json', spans]), runCli(fromJaeger('--json'))]);
    expect(pulled.code).toBe(0);
    expect(withoutLinks(JSON.parse(pulled.stdout))).toBe(withoutLinks(JSON.parse(file.stdout)));
    expect(withoutLinks(JSON.parse(file.stdout))).toBe(withoutLinks(JSON.parse(demo.stdout)));
  });

  live('is pulled with the same bytes each time, and by a search as by ids', async () => {
    const pull = ['pull', 'jaeger', running?.baseUrl ?? ''];
    const byId = [...pull, ...traceIds.flatMap((id) => ['--trace', id])];
    const first = await runCli(byId);
    const second = await runCli(byId);
    const service = (JSON.parse(demo.stdout) as Report).entryPoints[0]?.service ?? '';
    const searched = await runCli([...pull, '--service', service, '--since', '1h']);
    expect(first.code).toBe(0);
    expect(first.stdout.trimEnd().split('\n')).toHaveLength(traceIds.length);
    expect(second.stdout).toBe(first.stdout);
    for (const line of first.stdout.trimEnd().split('\n')) expect(searched.stdout).toContain(line);
  });

  live('links findings to spans that are there', async () => {
    const { stdout } = await runCli(fromJaeger('--json'));
    const { findings } = JSON.parse(stdout) as Report;
    const links = findings.flatMap((finding) => finding.occurrences.map((occurrence) => occurrence.links?.first ?? ''));
    expect(links.length).toBeGreaterThan(0);
    for (const link of new Set(links)) {
      const url = new URL(link);
      expect(url.origin).toBe(running?.baseUrl);
      const traceId = url.pathname.replace('/trace/', '');
      const answer = await (await fetch(`${url.origin}/api/v3/traces/${traceId}`)).text();
      const ids = (url.searchParams.get('uiFind') ?? '').split(' ');
      expect(ids.length).toBeGreaterThanOrEqual(1);
      expect(ids.length).toBeLessThanOrEqual(3);
      for (const id of ids) expect(answer).toContain(`"spanId":"${id}"`);
    }
  });

  live('is explained by the beginning of an id', async () => {
    const id = traceIds[0] as string;
    const { code, stdout } = await runCli(['explain', id.slice(0, 12), '--jaeger', running?.baseUrl ?? '']);
    expect(code).toBe(0);
    expect(stdout).toContain(id);
  });
});
