import type { AnalysedReport } from '../analyze/report/overview.ts';
import { explainText, reporters, type TextOptions } from '../analyze/reporters/index.ts';
import { isUtf8, wantsColour, widthOf } from './colour.ts';
import { type Io, write } from './io.ts';
import type { Output, OutputFlags } from './output-options.ts';
import { writeFileWhole } from './write-file.ts';

/** Writes a report in each of the wanted formats. `explain`: as text, the timeline of its one trace. */
export async function writeReports(
  report: AnalysedReport,
  outputs: readonly Output[],
  flags: OutputFlags,
  io: Io,
  as: 'report' | 'explain' = 'report',
): Promise<void> {
  for (const { format, file } of outputs) {
    const options = file === undefined ? screenOptions(flags, io) : fileOptions(flags);
    const isTimeline = as === 'explain' && format === 'text';
    const pieces = isTimeline ? [explainText(report, options)] : reporters[format](report, options);
    if (file === undefined) for (const piece of pieces) await write(io.stdout, piece);
    else await writeFileWhole(file, pieces);
  }
}

function fileOptions(flags: OutputFlags): TextOptions {
  return { color: false, width: 100, ascii: false, plain: flags.plain === true };
}

function screenOptions(flags: OutputFlags, io: Io): TextOptions {
  return {
    color: wantsColour(io.stdout, io.env, flags.color),
    width: widthOf(io.stdout),
    ascii: !isUtf8(io.env),
    plain: flags.plain === true,
  };
}
