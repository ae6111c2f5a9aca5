import type { Command } from 'commander';
import { plural } from '../../analyze/reporters/format.ts';
import { startReceiver } from '../../receiver/otlp-http.ts';
import { openSpanLog } from '../../receiver/span-log.ts';
import type { Io } from '../io.ts';
import { write } from '../io.ts';
import { addCommonOptions } from '../output-options.ts';
import { UsageError } from '../usage-error.ts';

interface ReceiveFlags {
  readonly host: string;
  readonly port: string;
  readonly output: string;
  readonly quiet?: boolean;
}

export function addReceiveCommand(program: Command, io: Io): void {
  const command = program
    .command('receive')
    .summary('collect spans over OTLP/HTTP in a file')
    .description(
      'Receives OTLP over HTTP (JSON and protobuf) until Ctrl-C, and adds the spans to a file of OTLP JSON lines.\n' +
        'What was answered with success is in the file, even if this process is killed.',
    )
    .option('--port <port>', 'port; 0 for a free one', '4318')
    .option('--host <address>', 'address to listen on; there is no authentication', '127.0.0.1')
    .option('-o, --output <file>', 'file to add to', 'spans.ndjson');
  addCommonOptions(command).action((flags: ReceiveFlags) => receive(flags, io));
}

async function receive(flags: ReceiveFlags, io: Io): Promise<void> {
  const port = parsePort(flags.port);
  const log = openSpanLog(flags.output);
  const say = (text: string) => (flags.quiet ? Promise.resolve() : write(io.stderr, `${text}\n`));
  try {
    if (log.repaired !== 'none') await say(`${flags.output}: its last line was not whole and was ${log.repaired}`);
    const receiver = await startReceiver({
      host: flags.host,
      port,
      onTraces: (traces) => log.append(traces),
      onRejected: (error) => void say(`refused a request: ${error.message}`),
    });
    await say(`receiving OTLP/HTTP at ${receiver.url} into ${flags.output}; Ctrl-C ends it`);
    await say(`  OTEL_EXPORTER_OTLP_ENDPOINT=${receiver.url} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf node agent.mjs`);
    await aborted(io.signal);
    await receiver.close();
    const { spans, requests } = receiver.counts;
    await say(`${plural(spans, 'span')} in ${plural(requests, 'request')}; next: trace-analyze ${flags.output}`);
  } finally {
    log.close();
  }
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new UsageError(`--port ${JSON.stringify(text)} is not a number from 0 to 65535`);
  return port;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
