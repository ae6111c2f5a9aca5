import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { InputError } from '../../analyze/model/errors.ts';
import { plural } from '../../analyze/reporters/format.ts';
import { parseHeaders, parseHttpAddress } from '../../analyze/sources/http-address.ts';
import type { SpoolFlushResult } from '../../instrument/node/flush-spool.ts';
import { collectOption } from '../collect-option.ts';
import { DeliveryError } from '../delivery-error.ts';
import { ExitCode } from '../exit-codes.ts';
import { type Io, write } from '../io.ts';
import { addCommonOptions } from '../output-options.ts';
import { UsageError } from '../usage-error.ts';

interface FlushFlags {
  readonly endpoint?: string;
  readonly header?: string[];
  readonly quiet?: boolean;
}

export function addFlushCommand(program: Command, io: Io, end: (code: number) => void): void {
  const command = program
    .command('flush')
    .summary('deliver spans that instrumented programs have left on disk')
    .description(
      "Delivers what programs with init() of 'trace-analyze/instrument/node' have left in their spool: those that were\n" +
        'killed, or whose receiver was away when they ended. What is delivered is deleted; what is not stays.',
    )
    .argument('[directory]', 'the spool (default: TRACE_ANALYZE_SPOOL, or the one in your state directory)')
    .option(
      '--endpoint <url>',
      'OTLP/HTTP receiver, for all spans (default: what is meant for OTEL_EXPORTER_OTLP_ENDPOINT or localhost:4318)',
    )
    .option(
      '--header <name: value>',
      'extra header; repeat for several. With --endpoint, those of OTEL_EXPORTER_OTLP_HEADERS are not sent',
      collectOption,
    );
  addCommonOptions(command).action(async (directory: string | undefined, flags: FlushFlags) => {
    end(await flush(directory, flags, io));
  });
}

async function flush(directory: string | undefined, flags: FlushFlags, io: Io): Promise<number> {
  const headers = parseHeaders(flags.header ?? []);
  if (!headers.ok) throw new UsageError(headers.problem);
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_EXPORTER_OTLP_ENDPOINT } = io.env;
  const asked = flags.endpoint ?? (OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || OTEL_EXPORTER_OTLP_ENDPOINT);
  const address = asked ? parseHttpAddress(asked) : undefined;
  if (address?.ok === false) throw new UsageError(`the endpoint is ${address.problem}`);
  if (directory !== undefined && statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new InputError('TA1504', `${directory} is not a directory`, {
      fix: 'leave it out for the spool in your state directory',
    });
  }
  if (flags.endpoint !== undefined) withoutHeadersOf(io.env);
  // Loads an exporter, which no other command has a use for.
  const { flushSpool } = await import('../../instrument/node/flush-spool.ts');
  const result = await flushSpool({
    directory,
    endpoint: flags.endpoint,
    ...(flags.header === undefined ? {} : { headers: headers.value }),
    env: io.env,
    signal: io.signal,
  });
  const printed = address?.value.printed ?? 'http://localhost:4318';
  if (!flags.quiet) await write(io.stdout, summaryOf(result, printed));
  return judge(result, printed);
}

/** They may be credentials, and are meant for the endpoint of the environment. The exporter would read them itself. */
function withoutHeadersOf(env: NodeJS.ProcessEnv): void {
  delete env.OTEL_EXPORTER_OTLP_HEADERS;
  delete env.OTEL_EXPORTER_OTLP_TRACES_HEADERS;
}

function summaryOf({ directories, delivered, running, elsewhere }: SpoolFlushResult, printed: string): string {
  const files = (count: number) => plural(count, 'file');
  const where = directories.length === 0 ? 'the spool, which is switched off' : directories.join(' and ');
  const lines =
    delivered === 0
      ? [`nothing delivered from ${where}`]
      : [`delivered ${plural(delivered, 'span')} from ${where} to ${printed}`];
  if (running > 0) lines.push(`left ${files(running)} of programs that run: they deliver them themselves`);
  if (elsewhere > 0) lines.push(`left ${files(elsewhere)} meant for another receiver: --endpoint sends them, too`);
  return `${lines.join('\n')}\n`;
}

function judge({ trouble, lost }: SpoolFlushResult, printed: string): number {
  if (trouble === 'interrupted') return ExitCode.interrupted;
  const kept = 'what was not delivered is still on disk; try again';
  if (trouble === 'away') throw new DeliveryError('TA1501', `nobody answers at ${printed}`, { fix: kept });
  if (trouble === 'busy') {
    throw new DeliveryError('TA1501', `${printed} takes no spans now`, { why: 'it is busy, or silent', fix: kept });
  }
  if (trouble !== undefined) {
    throw new DeliveryError('TA1502', `${printed} answers with HTTP status ${trouble.status}`, {
      why: trouble.status === 401 || trouble.status === 403 ? 'it wants a login' : 'it may be no OTLP/HTTP receiver',
      fix: `pass its --endpoint, and a --header where it wants a login; ${kept}`,
    });
  }
  if (lost === 0) return ExitCode.ok;
  throw new DeliveryError(
    'TA1503',
    `${plural(lost, 'span was', 'spans were')} not taken and ${lost === 1 ? 'is' : 'are'} gone`,
    {
      why: 'the receiver refused them, or their lines were not whole',
    },
  );
}
