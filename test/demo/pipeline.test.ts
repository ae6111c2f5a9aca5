import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ATTRIBUTE_PLAN,
  analyzeTable,
  createDocumentReader,
  createTableBuilder,
  type Report,
  reportOf,
  tableSink,
} from '../../src/analyze/index.ts';
import { gradeDemo } from '../../src/demo/grade.ts';
import { PLANTED } from '../../src/demo/planted.ts';
import { startReceiver } from '../../src/receiver/otlp-http.ts';
import { compilePrograms, type ProgramResult, type Programs } from '../support/run-program.ts';

const PIPELINE = 'src/demo/pipeline';

let programs: Programs;
let ended: ProgramResult;
let report: Report;

beforeAll(async () => {
  programs = compilePrograms(PIPELINE);
  const builder = createTableBuilder(ATTRIBUTE_PLAN);
  builder.openSource({ name: 'demo' });
  const reader = createDocumentReader(tableSink(builder));
  const receiver = await startReceiver({
    onTraces: (traces) => reader.write(Buffer.from(`${JSON.stringify(traces)}\n`)),
  });
  ended = await programs.run(PIPELINE, [], { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  await receiver.close();
  reader.end();
  report = reportOf(analyzeTable(builder.finish()), {
    toolVersion: '0',
    sources: [],
    skipped: [],
    partialReasons: [],
  });
});

afterAll(() => programs.remove());

describe("the demo's pipeline", () => {
  it('ends by itself, says nothing and loses no span', () => {
    expect(ended).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const perRun = 1 + 5 + 4 + 2 + PLANTED.searches + 1 + PLANTED.pages + 1 + PLANTED.orders;
    expect([report.input.traces, report.input.spans]).toEqual([PLANTED.runs, PLANTED.runs * perRun]);
    expect(report.dataQuality).toMatchObject({ incompleteTraces: 0, repairs: {} });
  });

  it('has all of its planted problems found', () => {
    const graded = gradeDemo(report);
    expect(graded.map(({ name }) => name).slice(0, 3)).toEqual([
      'N+1 of tool calls',
      'N+1 of database calls',
      'slow vendor',
    ]);
    expect(graded.filter(({ ok }) => !ok)).toEqual([]);
  });

  it('has no repeat found that was not planted', () => {
    const repeats = report.findings.filter(({ kind }) => kind === 'n_plus_one' || kind === 'redundant_call');
    expect(repeats).toHaveLength(2);
  });

  it('has the names of its servers in the spans', () => {
    const parties = report.thirdParty.parties.map(({ name, class: side }) => `${name} ${side}`);
    expect(parties.sort()).toEqual([
      'api.model-vendor.example third_party',
      'api.search-vendor.example third_party',
      'db.demo.internal internal',
    ]);
  });

  it('leaves next to nothing of the time to nobody', () => {
    const { codeNs, waitNs, untracedNs } = report.thirdParty.own;
    const unexplained = Number(codeNs) + Number(waitNs) + Number(untracedNs);
    expect(unexplained / Number(report.criticalPath.durationNs)).toBeLessThan(0.2);
  });
});
