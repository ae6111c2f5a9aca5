import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { analyzeTable, type Report } from '../../analyze/index.ts';
import { type Graded, gradeDemo } from '../../demo/grade.ts';
import { startReceiver } from '../../receiver/otlp-http.ts';
import { runRecorded } from '../../receiver/record.ts';
import { collectInput } from '../collect-input.ts';
import { ExitCode } from '../exit-codes.ts';
import { type Io, write } from '../io.ts';
import { addOutputOptions, type OutputFlags, parseOutputs, parseUi } from '../output-options.ts';
import { startProgress } from '../progress.ts';
import { reportOn } from '../report-on.ts';
import { openSpanStore, type SpanStore } from '../span-store.ts';
import { readThresholdsFile } from '../thresholds-file.ts';
import { writeReports } from '../write-reports.ts';

interface DemoFlags extends OutputFlags {
  readonly spans?: string;
}

export function addDemoCommand(program: Command, io: Io, end: (code: number) => void): void {
  const command = program
    .command('demo')
    .summary('try it on an agent with planted problems')
    .description(
      'Runs an agent pipeline with planted problems on this machine (no key, no network), collects its spans over OTLP,\n' +
        'analyses them and grades the analysis against what was planted.',
    )
    .option('--spans <file>', 'keep the spans there, as OTLP JSON lines');
  addOutputOptions(command).action(async (flags: DemoFlags) => end(await demo(flags, io)));
}

async function demo(flags: DemoFlags, io: Io): Promise<number> {
  const outputs = parseOutputs(flags);
  const uiBase = parseUi(flags);
  const started = io.now();
  const thresholds = await readThresholdsFile(flags.thresholds);
  const store = openSpanStore(flags.spans);
  try {
    await runPipeline(store, flags, io);
    if (io.signal.aborted) return ExitCode.interrupted;
    const input = await collectInput({ files: [store.log.path] }, io, startProgress(io, flags.quiet === true));
    const report = reportOn(analyzeTable(input.table, { thresholds }), input, uiBase, flags.spans ?? 'demo');
    await writeReports(report, outputs, flags, io);
    const grade = gradeDemo(report);
    const isText = outputs.some(({ format, file }) => format === 'text' && file === undefined);
    await write(isText ? io.stdout : io.stderr, gradeText(grade, io.now() - started, slowestRun(report), flags.spans));
    return grade.every(({ ok }) => ok) ? ExitCode.ok : ExitCode.demoMissed;
  } finally {
    store.close();
    store.remove();
  }
}

/** The pipeline is a process of its own, as a user's agent would be: real OTLP, and no provider left behind here. */
async function runPipeline(store: SpanStore, flags: DemoFlags, io: Io): Promise<void> {
  if (!flags.quiet) await write(io.stderr, 'running the demo agent, some seconds …\n');
  const receiver = await startReceiver({ onTraces: (traces) => store.log.append(traces) });
  const pipeline = fileURLToPath(import.meta.resolve('../../demo/pipeline.js'));
  const env = { ...withoutOtel(io.env), TRACE_ANALYZE_SPOOL: store.spool };
  const run = await runRecorded([process.execPath, pipeline], { env, receiverUrl: receiver.url });
  await receiver.close();
  store.close();
  if (run.exitCode !== 0 && !io.signal.aborted) {
    throw new Error(`the demo's pipeline ended with ${run.exitCode}`, { cause: run.failure });
  }
}

/** What the user's own programs are told about telemetry is not meant for the demo: it would lose spans or attributes. */
function withoutOtel(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('OTEL_')));
}

function slowestRun({ traces }: Report): string {
  return traces.reduce((slow, trace) => (trace.durationNs > slow.durationNs ? trace : slow)).traceId;
}

function gradeText(grade: readonly Graded[], tookMs: number, traceId: string, spans: string | undefined): string {
  const found = grade.filter(({ ok }) => ok).length;
  const lines = grade.map(({ name, ok, found: what }) => `  ${ok ? 'found ' : 'MISSED'}  ${name}: ${what}`);
  const next = [
    ['trace-analyze record -- node your-agent.mjs', 'the same for your agent'],
    ['trace-analyze --jaeger http://localhost:16686', 'the last hour of your Jaeger'],
    spans === undefined
      ? ['trace-analyze demo --spans demo.ndjson', 'keep the spans, to look at one run with explain']
      : [`trace-analyze explain ${traceId.slice(0, 8)} ${spans}`, 'the timeline of the slowest run'],
  ] as const;
  return [
    '',
    `Planted problems found: ${found} of ${grade.length} (${(tookMs / 1000).toFixed(1)} s, run and analysis)`,
    ...lines,
    'Next:',
    ...next.map(([command, what]) => `  ${command.padEnd(48)} ${what}`),
    '',
  ].join('\n');
}
