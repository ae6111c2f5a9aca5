import type { Command } from 'commander';
import { analyzeTrace, partialOf, tracesOf } from '../../analyze/index.ts';
import { InputError } from '../../analyze/model/errors.ts';
import type { SpanTable } from '../../analyze/model/span-table.ts';
import type { Trace } from '../../analyze/model/trace.ts';
import { plural } from '../../analyze/reporters/format.ts';
import { parseTraceId } from '../../analyze/sources/jaeger-query.ts';
import { collectInput } from '../collect-input.ts';
import type { Io } from '../io.ts';
import { addJaegerOptions } from '../jaeger-options.ts';
import { addOutputOptions, parseOutputs, parseUi } from '../output-options.ts';
import { printNotes } from '../print-notes.ts';
import { startProgress } from '../progress.ts';
import { reportOn } from '../report-on.ts';
import { readThresholdsFile } from '../thresholds-file.ts';
import { UsageError } from '../usage-error.ts';
import { writeReports } from '../write-reports.ts';
import { type AnalyzeFlags, exitCodeFor, inputRequest } from './analyze.ts';

/** The fewest digits of a trace id that are taken for its beginning. */
const MIN_PREFIX = 8;

export function addExplainCommand(program: Command, io: Io, end: (code: number) => void): void {
  const command = program
    .command('explain')
    .summary('the critical path of one trace, as a timeline')
    .description('Prints the critical path of one trace as an indented timeline.')
    .argument('<traceId>', `a trace id, or the first ${MIN_PREFIX} or more digits of one`)
    .argument('[files...]', 'as for analyze')
    .option('--jaeger <url>', "a Jaeger's query address, such as http://localhost:16686");
  addOutputOptions(addJaegerOptions(command)).action(async (id: string, files: string[], flags: AnalyzeFlags) => {
    end(await explain(id, files, flags, io));
  });
}

async function explain(id: string, files: readonly string[], flags: AnalyzeFlags, io: Io): Promise<number> {
  const outputs = parseOutputs(flags);
  const request = inputRequest(files, withTrace(id, flags), io);
  const uiBase = parseUi(flags) ?? request.jaeger?.client.name.printed;
  const thresholds = await readThresholdsFile(flags.thresholds);
  const input = await collectInput(request, io, startProgress(io, flags.quiet === true));
  const trace = chooseTrace(input.table, id);
  const report = reportOn(partialOf(analyzeTrace(trace, { thresholds })), input, uiBase);
  await writeReports(report, outputs, flags, io, 'explain');
  await printNotes(input, flags, io);
  return exitCodeFor(input);
}

/** A whole id is asked for by id; the beginning of one has to be looked for in a window. */
function withTrace(id: string, flags: AnalyzeFlags): AnalyzeFlags {
  const isWhole = parseTraceId(id) !== undefined && id.length >= 16;
  return flags.jaeger !== undefined && flags.trace === undefined && isWhole ? { ...flags, trace: [id] } : flags;
}

/** Throws `InputError` when no trace, `UsageError` when several begin with `id`. */
function chooseTrace(table: SpanTable, id: string): Trace {
  const wanted = matchingIds(table.traceIds, id);
  if (wanted.length > 1) {
    throw new UsageError(`${wanted.length} traces begin with ${id}: ${wanted.slice(0, 5).join(', ')}`, {
      fix: 'give more digits',
    });
  }
  for (const trace of tracesOf(table)) if (trace.id === wanted[0]) return trace;
  const known = table.traceIds.slice(0, 5).join(', ');
  throw new InputError('TA1302', `trace ${id} is not in the input`, {
    why: `it has ${plural(table.traceIds.length, 'trace')}: ${known}${table.traceIds.length > 5 ? ', …' : ''}`,
    fix: `give a whole trace id, or at least its first ${MIN_PREFIX} digits`,
  });
}

function matchingIds(ids: readonly string[], id: string): string[] {
  if (ids.includes(id)) return [id];
  const lower = id.toLowerCase();
  const padded = parseTraceId(id);
  const same = ids.filter((known) => known.toLowerCase() === lower || known === padded);
  if (same.length > 0 || id.length < MIN_PREFIX) return same;
  return ids.filter((known) => known.toLowerCase().startsWith(lower));
}
