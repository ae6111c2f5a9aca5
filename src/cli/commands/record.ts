import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Thresholds } from '../../analyze/detectors/thresholds.ts';
import { analyzeTable, InputError } from '../../analyze/index.ts';
import { type Receiver, startReceiver } from '../../receiver/otlp-http.ts';
import { type RecordedRun, runRecorded } from '../../receiver/record.ts';
import { collectInput } from '../collect-input.ts';
import { type Io, write } from '../io.ts';
import { addOutputOptions, type Output, type OutputFlags, parseOutputs, parseUi } from '../output-options.ts';
import { printError } from '../print-error.ts';
import { printNotes } from '../print-notes.ts';
import { startProgress } from '../progress.ts';
import { reportOn } from '../report-on.ts';
import { openSpanStore } from '../span-store.ts';
import { readThresholdsFile } from '../thresholds-file.ts';
import { UsageError } from '../usage-error.ts';
import { writeReports } from '../write-reports.ts';

interface RecordFlags extends OutputFlags {
  readonly spans?: string;
}

export function addRecordCommand(program: Command, io: Io, end: (code: number) => void): void {
  const command = program
    .command('record')
    .summary('run a command, collect its spans, analyse them')
    .description(
      'Runs a command with its OpenTelemetry spans sent to a receiver on 127.0.0.1, and analyses them when it ends.\n' +
        'The command has standard input and output to itself: the report as text goes to stderr, others to a file.\n' +
        'Ends with the exit code of the command.',
    )
    .argument('<command...>', 'the command with its arguments, after --')
    .passThroughOptions()
    .option('--spans <file>', 'keep the spans there, as OTLP JSON lines');
  addOutputOptions(command).action(async (words: string[], flags: RecordFlags) => {
    end(await record(words, flags, io));
  });
}

async function record(command: readonly string[], flags: RecordFlags, io: Io): Promise<number> {
  const outputs = parseRecordOutputs(flags);
  const uiBase = parseUi(flags);
  const thresholds = await readThresholdsFile(flags.thresholds);
  const store = openSpanStore(flags.spans);
  try {
    const receiver = await startReceiver({
      onTraces: (traces) => store.log.append(traces),
      onRejected: (error) => void write(io.stderr, `trace-analyze: refused a request: ${error.message}\n`),
    });
    const env = { ...io.env, TRACE_ANALYZE_SPOOL: store.spool };
    const run = await runRecorded(command, { env, receiverUrl: receiver.url });
    await receiveLeftovers(store.spool, receiver, io);
    await receiver.close();
    store.close();
    if (run.failure !== null)
      await write(io.stderr, `trace-analyze: cannot run ${command[0]}: ${run.failure.message}\n`);
    else await reportRun(store.log.path, receiver, run, { outputs, thresholds, uiBase, flags }, io);
    return run.exitCode;
  } finally {
    store.close();
    store.remove();
  }
}

/** What a command that was killed has on disk, and what it could not get rid of in time. */
async function receiveLeftovers(spool: string, { url }: Receiver, io: Io): Promise<void> {
  if (!existsSync(spool)) return;
  const { flushSpool } = await import('../../instrument/node/flush-spool.ts');
  await flushSpool({ directory: spool, endpoint: url, env: io.env });
}

/** What the user wants of the analysis. */
interface Wanted {
  readonly outputs: readonly Output[];
  readonly thresholds: Thresholds | undefined;
  readonly uiBase: string | undefined;
  readonly flags: RecordFlags;
}

/** What the command does is what counts: trouble with the analysis is said and changes nothing else. */
async function reportRun(
  path: string,
  receiver: Receiver,
  run: RecordedRun,
  { outputs, thresholds, uiBase, flags }: Wanted,
  io: Io,
): Promise<void> {
  try {
    if (receiver.counts.spans === 0) throw noSpanError(receiver, run);
    // The command's Ctrl-C was meant for the command.
    const calm = { ...io, signal: new AbortController().signal };
    const input = await collectInput({ files: [path] }, calm, startProgress(io, flags.quiet === true));
    const name = flags.spans ?? 'recorded spans';
    const report = reportOn(analyzeTable(input.table, { thresholds }), input, uiBase, name);
    await writeReports(report, outputs, flags, { ...io, stdout: io.stderr });
    await printNotes(input, flags, io);
  } catch (error) {
    await printError(error, io, { json: false, color: flags.color, debug: flags.debug === true });
  }
}

function parseRecordOutputs(flags: RecordFlags): readonly Output[] {
  const outputs = parseOutputs(flags);
  const bare = outputs.find((output) => output.format !== 'text' && output.file === undefined);
  if (bare === undefined) return outputs;
  throw new UsageError(`record leaves stdout to the command: ${bare.format} needs a file`, {
    code: 'TA1102',
    fix: `add --output report.${bare.format}, or --format ${bare.format}=report.${bare.format}`,
  });
}

function noSpanError({ counts }: Receiver, run: RecordedRun): InputError {
  const why =
    counts.rejected > 0
      ? `${counts.rejected} requests came and were refused, see above`
      : run.exitCode === 0
        ? 'the command exports no traces over OTLP/HTTP, or ended before it flushed them'
        : `the command ended with exit code ${run.exitCode}, maybe before it flushed its spans`;
  return new InputError('TA1303', 'no span arrived', {
    why,
    fix: "instrument it: init() of 'trace-analyze/instrument/node', or any OpenTelemetry SDK with an OTLP/HTTP exporter; call its shutdown() at the end",
  });
}
