import { PassThrough, type Writable } from 'node:stream';
import type { Command } from 'commander';
import { type OtlpLines, otlpLines } from '../../analyze/formats/otlp-lines.ts';
import { plural } from '../../analyze/reporters/format.ts';
import { nothingPulledError, type PullResult, pullJaeger } from '../../analyze/sources/jaeger.ts';
import { ExitCode } from '../exit-codes.ts';
import { type Io, write } from '../io.ts';
import { addJaegerOptions, type JaegerFlags, type JaegerRequest, parseJaegerRequest } from '../jaeger-options.ts';
import { addCommonOptions } from '../output-options.ts';
import { formatBytes, type Progress, startProgress } from '../progress.ts';
import { writeFileWhole } from '../write-file.ts';

interface PullFlags extends JaegerFlags {
  readonly output: string;
  readonly quiet?: boolean;
}

export function addPullCommand(program: Command, io: Io, end: (code: number) => void): void {
  const pull = program.command('pull').summary('fetch traces into a file').description('Fetches traces into a file.');
  const command = pull
    .command('jaeger')
    .summary('from a Jaeger')
    .description(
      'Fetches traces from a Jaeger and writes them as OTLP JSON lines, one trace a line, by start, then id.',
    )
    .argument('<url>', 'its query address, such as http://localhost:16686')
    .requiredOption('-o, --output <file>', 'file to write, compressed if it ends in .gz; - for stdout', '-');
  addCommonOptions(addJaegerOptions(command)).action(async (url: string, flags: PullFlags) => {
    end(await pullToFile(parseJaegerRequest(url, flags, io), flags, io));
  });
}

async function pullToFile(request: JaegerRequest, flags: PullFlags, io: Io): Promise<number> {
  const progress = startProgress(io, flags.quiet === true);
  const pulled =
    flags.output === '-' ? await pull(request, io.stdout, io, progress) : await toFile(request, flags, io, progress);
  progress.done();
  if (pulled === 'interrupted') {
    await write(io.stderr, 'interrupted: what was fetched before was written\n');
    return ExitCode.interrupted;
  }
  if (!flags.quiet) await write(io.stderr, summaryOf(pulled, flags.output));
  if (pulled.error !== undefined) throw pulled.error;
  return ExitCode.ok;
}

async function toFile(
  request: JaegerRequest,
  { output }: PullFlags,
  io: Io,
  progress: Progress,
): Promise<PullResult | 'interrupted'> {
  const through = new PassThrough();
  const pulling = pull(request, through, io, progress).then(
    (result) => {
      through.end();
      return result;
    },
    (error: unknown) => {
      through.destroy(error as Error);
      throw error;
    },
  );
  const [pulled, written] = await Promise.allSettled([pulling, writeFileWhole(output, through.setEncoding('utf8'))]);
  // When the pull fails, the file fails with it: the pull's error is the one to tell.
  if (pulled.status === 'rejected') throw pulled.reason;
  if (written.status === 'rejected') throw written.reason;
  return pulled.value;
}

/** Pulls into a stream, as fast as it takes the lines. Throws when nothing was delivered. */
async function pull(
  { client, query }: JaegerRequest,
  target: Writable,
  io: Io,
  progress: Progress,
): Promise<PullResult | 'interrupted'> {
  const lines = otlpLines();
  try {
    const result = await pullJaeger(client, query, lines, {
      signal: io.signal,
      onProgress: async ({ done, total, bytes }) => {
        await flush(lines, target);
        progress.update(() => `fetched ${done}/${total} traces (${formatBytes(bytes)})`);
      },
    });
    if (result.traces === 0) throw nothingPulledError(client, query, await client.services());
    return result;
  } catch (error) {
    if (io.signal.aborted) return 'interrupted';
    throw error;
  }
}

async function flush(lines: OtlpLines, target: Writable): Promise<void> {
  for (const line of lines.lines()) await write(target, `${line}\n`);
}

function summaryOf(pulled: PullResult, output: string): string {
  const lines = [
    `pulled ${plural(pulled.traces, 'trace')}, ${plural(pulled.spans, 'span')} (${formatBytes(pulled.bytes)})${output === '-' ? '' : ` into ${output}`}`,
    ...pulled.notes.map((note) => `note: ${note}`),
    ...pulled.missed.map(({ traceId, reason }) => `note: trace ${traceId} was left out: ${reason}`),
  ];
  const skipped = pulled.skipped.reduce((sum, { count }) => sum + count, 0);
  if (skipped > 0) lines.push(`note: ${skipped} spans could not be read: ${pulled.skipped[0]?.reason}`);
  if (output !== '-') lines.push(`next: trace-analyze ${output}`);
  return `${lines.join('\n')}\n`;
}
