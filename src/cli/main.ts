import { Command, CommanderError } from 'commander';
import { addAnalyzeCommand } from './commands/analyze.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addExplainCommand } from './commands/explain.ts';
import { addFlushCommand } from './commands/flush.ts';
import { addPullCommand } from './commands/pull.ts';
import { addReceiveCommand } from './commands/receive.ts';
import { addRecordCommand } from './commands/record.ts';
import { ExitCode, exitCodeOf } from './exit-codes.ts';
import type { Io } from './io.ts';
import { type OutputFlags, wantsJsonErrors } from './output-options.ts';
import { printError } from './print-error.ts';
import { UsageError } from './usage-error.ts';
import { version } from './version.ts';

const EXAMPLES = `
Examples:
  trace-analyze traces.json                                  analyse a file (OTLP or Jaeger JSON, OTLP protobuf; .gz)
  trace-analyze --jaeger http://localhost:16686 --since 1h   the last hour of a Jaeger
  trace-analyze record -- node agent.mjs                     run an agent, collect its spans, analyse them
  trace-analyze explain 4bf92f35 traces.json                 the critical path of one trace
  trace-analyze demo                                         try it on an agent with planted problems
`;

const EXIT_CODES = `
Exit codes:
  0 analysed   1 demo missed what it had planted   2 wrong usage   3 no usable input   4 a source or a delivery failed   70 a bug in trace-analyze   130 interrupted
  record ends with the exit code of its command
`;

/** Runs one command line (without node and script) and tells the exit code. Never throws. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  let exitCode: number = ExitCode.ok;
  let flags: OutputFlags = { ...(beforeCommand(args).includes('--json') ? { json: true } : {}) };
  const program = createProgram(io, (code) => {
    exitCode = code;
  });
  program.hook('preAction', (_, command) => {
    flags = command.opts();
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return fail(error, flags, io);
  }
}

function createProgram(io: Io, end: (code: number) => void): Command {
  const program = new Command('trace-analyze')
    .description(
      "Finds where your AI agent's seconds go: critical path, N+1 call patterns, third-party share of latency.",
    )
    .version(version())
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', EXAMPLES + EXIT_CODES);
  const commands = [
    addAnalyzeCommand,
    addExplainCommand,
    addRecordCommand,
    addReceiveCommand,
    addPullCommand,
    addFlushCommand,
    addDemoCommand,
  ];
  for (const add of commands) add(program, io, end);
  for (const command of allCommands(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: () => undefined, // told once, by `fail`
      getOutHelpWidth: () => io.stdout.columns ?? 100,
    });
  }
  return program;
}

function allCommands(program: Command): Command[] {
  return [program, ...program.commands.flatMap(allCommands)];
}

async function fail(error: unknown, flags: OutputFlags, io: Io): Promise<number> {
  if (error instanceof CommanderError && error.exitCode === 0) return ExitCode.ok; // --help, --version
  // Printed already, for want of a second word.
  if (error instanceof CommanderError && error.code === 'commander.help') return ExitCode.usage;
  const told = error instanceof CommanderError ? fromCommander(error) : error;
  await printError(told, io, { json: wantsJsonErrors(flags), color: flags.color, debug: flags.debug === true });
  return exitCodeOf(told);
}

function fromCommander(error: CommanderError): UsageError {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const hint = suggestion?.replace(/^\(|\)$/g, '');
  return new UsageError(message, { fix: hint ? `${hint} (see --help)` : 'see trace-analyze --help' });
}

/** Our own part of a command line: what follows `--` is another's. */
function beforeCommand(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--');
  return end < 0 ? args : args.slice(0, end);
}
