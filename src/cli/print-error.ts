import { styleText } from 'node:util';
import { wantsColour } from './colour.ts';
import { isUserError, type UserError } from './exit-codes.ts';
import { type Io, write } from './io.ts';

export interface ErrorStyle {
  /** `--json`: the error goes to stdout as one object. */
  readonly json: boolean;
  readonly color: boolean | undefined;
  /** `--debug`: with its stack. */
  readonly debug: boolean;
}

const DOCS = 'docs/troubleshooting.md';
const ISSUES = 'https://github.com/trace-analyze/trace-analyze/issues';

/** Says what went wrong, why, and what to do next. */
export async function printError(error: unknown, io: Io, style: ErrorStyle): Promise<void> {
  const told = isUserError(error) ? fromUser(error) : fromBug(error);
  if (style.json) return write(io.stdout, `${JSON.stringify({ error: { ...told, details: {} } })}\n`);
  const color = wantsColour(io.stderr, io.env, style.color);
  const paint = (format: 'red' | 'dim', text: string) =>
    color ? styleText(format, text, { validateStream: false }) : text;
  const lines = [`${paint('red', `error[${told.code}]`)}: ${told.message}`];
  if (told.why !== undefined) lines.push(`  why: ${told.why}`);
  if (told.fix !== undefined) lines.push(`  fix: ${told.fix}`);
  lines.push(paint('dim', `  see: ${told.docs}`));
  if (error instanceof Error && (style.debug || !isUserError(error))) lines.push(error.stack ?? '');
  await write(io.stderr, `${lines.join('\n')}\n`);
}

interface Told {
  readonly code: string;
  readonly message: string;
  readonly why?: string;
  readonly fix?: string;
  readonly docs: string;
}

function fromUser(error: UserError): Told {
  return {
    code: error.code,
    message: error.message,
    ...(error.why === undefined ? {} : { why: error.why }),
    ...(error.fix === undefined ? {} : { fix: error.fix }),
    docs: `${DOCS}#${error.code.toLowerCase()}`,
  };
}

function fromBug(error: unknown): Told {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    code: 'TA9001',
    message: `a bug in trace-analyze (${what})`,
    fix: `please report it, with the command and this text, at ${ISSUES}`,
    docs: `${DOCS}#ta9001`,
  };
}
