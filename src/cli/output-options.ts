import type { Command } from 'commander';
import { collectOption } from './collect-option.ts';
import { UsageError } from './usage-error.ts';

const FORMATS = ['text', 'json', 'md'] as const;
export type Format = (typeof FORMATS)[number];

export interface OutputFlags {
  readonly json?: boolean;
  readonly format?: string[];
  readonly output?: string;
  readonly ui?: string;
  readonly plain?: boolean;
  readonly thresholds?: string;
  readonly color?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
}

/** One report to write. Without a file it goes to stdout. */
export interface Output {
  readonly format: Format;
  readonly file?: string;
}

export function addOutputOptions(command: Command): Command {
  return addCommonOptions(
    command
      .option('--json', 'same as --format json')
      .option('--format <name[=file]>', `${FORMATS.join(', ')}; repeat for several (default: text)`, collectOption)
      .option('-o, --output <file>', 'write there instead of stdout')
      .option('--plain', 'text without tables and colours: one record a line, tab-separated')
      .option('--thresholds <file>', 'JSON file with numbers of your own for the rules (docs/detectors)')
      .option('--ui <url>', 'base URL of the Jaeger UI, for links (default: the Jaeger asked)'),
  );
}

export function addCommonOptions(command: Command): Command {
  return command
    .option('--color', 'colours even in a pipe')
    .option('--no-color', 'no colours')
    .option('--quiet', 'no progress, no notes on stderr')
    .option('--debug', 'errors with their stack');
}

/** Reads the flags. Throws `UsageError`: an unknown format, two outputs for one place. */
export function parseOutputs(flags: OutputFlags): readonly Output[] {
  const wanted = [...(flags.format ?? []), ...(flags.json ? ['json'] : [])].map(parseFormat);
  const outputs = wanted.length === 0 ? [{ format: 'text' as const }] : wanted;
  const bare = outputs.filter((output) => output.file === undefined);
  if (bare.length > 1) {
    throw new UsageError(`${bare.map((output) => output.format).join(' and ')} cannot both go to stdout`, {
      code: 'TA1102',
      fix: 'give all but one a file: --format json=report.json',
    });
  }
  if (flags.output === undefined) return outputs;
  if (bare.length === 0) {
    throw new UsageError('--output has nothing to write: every --format has its own file', { code: 'TA1102' });
  }
  const { output } = flags;
  return outputs.map((o) => (o.file === undefined && output !== '-' ? { ...o, file: output } : o));
}

function parseFormat(text: string): Output {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  const file = equals < 0 ? undefined : text.slice(equals + 1);
  const format = FORMATS.find((known) => known === name);
  if (format === undefined) {
    throw new UsageError(`--format ${JSON.stringify(name)} is unknown`, { fix: `choose from ${FORMATS.join(', ')}` });
  }
  if (file === '') throw new UsageError(`--format ${text} names no file`);
  return file === undefined || file === '-' ? { format } : { format, file };
}

/** `--ui`, if given. Throws `UsageError` for what no link can begin with. */
export function parseUi({ ui }: OutputFlags): string | undefined {
  if (ui === undefined || (/^https?:\/\//.test(ui) && URL.canParse(ui))) return ui;
  throw new UsageError(`--ui ${JSON.stringify(ui)} is not an http or https URL`);
}

/** Whether errors go to stdout as JSON: where the report would have gone. */
export function wantsJsonErrors(flags: OutputFlags): boolean {
  if (flags.output !== undefined && flags.output !== '-') return false;
  return flags.json === true || (flags.format ?? []).some((text) => text === 'json' || text === 'json=-');
}
