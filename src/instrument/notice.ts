const given = new Set<string>();

/**
 * One line for whoever runs the program, once for each text: something that it was asked to trace cannot be traced.
 * A warning of the process where there is one, so that the program's own handling of warnings applies.
 */
export function notice(text: string): void {
  if (given.has(text)) return;
  given.add(text);
  const line = `trace-analyze: ${text}`;
  const { process } = globalThis as { process?: { emitWarning?(line: string, type: string): void } };
  if (typeof process?.emitWarning === 'function') process.emitWarning(line, 'TraceAnalyzeWarning');
  // biome-ignore lint/suspicious/noConsole: where there is no process, there is nothing else that would be seen.
  else console.warn(line);
}
