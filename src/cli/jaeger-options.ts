import { type Command, Option } from 'commander';
import { parseHeaders } from '../analyze/sources/http-address.ts';
import { openJaeger, parseJaegerUrl } from '../analyze/sources/jaeger.ts';
import type { JaegerClient } from '../analyze/sources/jaeger-client.ts';
import { type JaegerQuery, parseDuration, parseJaegerQuery } from '../analyze/sources/jaeger-query.ts';
import { collectOption } from './collect-option.ts';
import type { Io } from './io.ts';
import { UsageError } from './usage-error.ts';

/** The flags of everything that asks a Jaeger, as commander gives them. */
export interface JaegerFlags {
  readonly service?: string[];
  readonly operation?: string;
  readonly since?: string;
  readonly until?: string;
  readonly minDuration?: string;
  readonly tag?: string[];
  readonly limit?: string;
  readonly trace?: string[];
  readonly token?: string;
  readonly header?: string[];
  readonly tenant?: string;
  readonly timeout?: string;
}

/** A Jaeger to ask, and for what. */
export interface JaegerRequest {
  readonly client: JaegerClient;
  readonly query: JaegerQuery;
}

/** Adds the flags that choose traces and reach the server. */
export function addJaegerOptions(command: Command): Command {
  return command
    .optionsGroup('Which traces (of a Jaeger):')
    .option('--service <name>', 'service; repeat for several (default: all but jaeger)', collectOption)
    .option('--operation <name>', 'operation, of any span in the trace')
    .option('--since <when>', 'a time ago (1h, 7d) or RFC 3339 (default: 1h)')
    .option('--until <when>', 'a time ago or RFC 3339 (default: now)')
    .option('--min-duration <time>', 'only spans at least this long (500ms, 2s)')
    .option('--tag <key=value>', 'attribute; repeat for several', collectOption)
    .option('--limit <n>', 'the most traces in all, newest first (default: 100)')
    .option('--trace <id>', 'exactly this trace; repeat for several', collectOption)
    .optionsGroup('How to reach Jaeger:')
    .addOption(new Option('--token <token>', 'bearer token').env('TRACE_ANALYZE_TOKEN'))
    .option('--header <name: value>', 'extra header; repeat for several', collectOption)
    .option('--tenant <name>', 'tenant (x-tenant)')
    .option('--timeout <time>', 'longest silence of the server (default: 30s)')
    .optionsGroup('Options:');
}

const SELECTING = ['service', 'operation', 'since', 'until', 'minDuration', 'tag', 'limit', 'trace'] as const;
const REACHING = ['header', 'tenant', 'timeout'] as const;

/** The first flag that only a Jaeger understands, as typed; undefined if there is none. */
export function jaegerOnlyFlag(flags: JaegerFlags): string | undefined {
  const given = [...SELECTING, ...REACHING].find((name) => flags[name] !== undefined);
  return given === undefined ? undefined : `--${given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Reads the flags. Throws `UsageError`. */
export function parseJaegerRequest(url: string, flags: JaegerFlags, io: Io): JaegerRequest {
  const address = parseJaegerUrl(url);
  if (!address.ok) {
    throw new UsageError(`the Jaeger URL is ${address.problem}`, {
      fix: 'pass its query address: http://localhost:16686',
    });
  }
  const query = parseJaegerQuery(flags, io.now());
  if (!query.ok) throw new UsageError(query.problem);
  const headers = parseHeaders(flags.header ?? []);
  if (!headers.ok) throw new UsageError(headers.problem);
  const client = openJaeger(url, {
    token: flags.token,
    tenant: flags.tenant,
    headers: headers.value,
    idleTimeoutMs: timeoutOf(flags.timeout),
    signal: io.signal,
  });
  return { client, query: query.value };
}

function timeoutOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ns = parseDuration(text);
  if (ns === undefined || ns === 0n) throw new UsageError(`--timeout ${JSON.stringify(text)} is not 10s or 1m`);
  return Math.min(Number(ns / 1_000_000n), 2 ** 31 - 1);
}
