import type { Command } from 'commander';
import { analyzeTable } from '../../analyze/index.ts';
import { type CollectedInput, collectInput, type InputRequest } from '../collect-input.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { addJaegerOptions, type JaegerFlags, jaegerOnlyFlag, parseJaegerRequest } from '../jaeger-options.ts';
import { addOutputOptions, type OutputFlags, parseOutputs, parseUi } from '../output-options.ts';
import { printNotes } from '../print-notes.ts';
import { startProgress } from '../progress.ts';
import { reportOn } from '../report-on.ts';
import { readThresholdsFile } from '../thresholds-file.ts';
import { UsageError } from '../usage-error.ts';
import { writeReports } from '../write-reports.ts';

/** The flags of commands that read traces and print a report. */
export interface AnalyzeFlags extends JaegerFlags, OutputFlags {
  readonly jaeger?: string;
}

export function addAnalyzeCommand(program: Command, io: Io, end: (code: number) => void): void {
  const command = program
    .command('analyze', { isDefault: true })
    .summary('critical path, N+1 calls, third-party share (the default command)')
    .description('Analyses traces from files, standard input (-) or a Jaeger.')
    .argument('[files...]', 'OTLP JSON or protobuf, Jaeger JSON; also compressed with gzip; - for standard input')
    .option('--jaeger <url>', "a Jaeger's query address, such as http://localhost:16686");
  addOutputOptions(addJaegerOptions(command)).action(async (files: string[], flags: AnalyzeFlags) => {
    if (files.length === 0 && flags.jaeger === undefined && io.stdin.isTTY === true) {
      program.outputHelp();
      return;
    }
    end(await analyze(files, flags, io));
  });
}

async function analyze(files: readonly string[], flags: AnalyzeFlags, io: Io): Promise<number> {
  const outputs = parseOutputs(flags);
  const request = inputRequest(files, flags, io);
  const uiBase = parseUi(flags) ?? request.jaeger?.client.name.printed;
  const thresholds = await readThresholdsFile(flags.thresholds);
  const input = await collectInput(request, io, startProgress(io, flags.quiet === true));
  const report = reportOn(analyzeTable(input.table, { thresholds }), input, uiBase);
  await writeReports(report, outputs, flags, io);
  await printNotes(input, flags, io);
  return exitCodeFor(input);
}

/** What to read, by the flags. Without files and Jaeger: standard input. Throws `UsageError`. */
export function inputRequest(files: readonly string[], flags: AnalyzeFlags, io: Io): InputRequest {
  if (flags.jaeger !== undefined) return { files, jaeger: parseJaegerRequest(flags.jaeger, flags, io) };
  const stray = jaegerOnlyFlag(flags);
  if (stray !== undefined) {
    throw new UsageError(`${stray} says which traces to take from a Jaeger, and there is none`, {
      code: 'TA1102',
      fix: 'add --jaeger URL, or leave it out',
    });
  }
  return { files: files.length === 0 ? ['-'] : files };
}

export function exitCodeFor(input: CollectedInput): number {
  if (input.interrupted) return ExitCode.interrupted;
  return input.failure === undefined ? ExitCode.ok : ExitCode.sourceFailed;
}
