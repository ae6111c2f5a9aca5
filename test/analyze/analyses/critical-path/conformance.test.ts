import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { criticalPath } from '../../../../src/analyze/analyses/critical-path/index.ts';
import type { CriticalPath } from '../../../../src/analyze/analyses/critical-path/types.ts';
import type { Flag } from '../../../../src/analyze/model/flags.ts';
import type { Trace } from '../../../../src/analyze/model/trace.ts';
import { tracesOf } from '../../../support/traces-of.ts';

const FOLDER = new URL('../../../fixtures/critical-path/', import.meta.url);

/** A case: a trace as Jaeger writes it, and its path in microseconds since 1970. */
interface Case {
  readonly name: string;
  readonly why: string;
  readonly trace: { readonly traceID: string };
  readonly expected: Expected;
}

interface Expected {
  readonly segments: readonly {
    readonly spanID: string;
    readonly start: number;
    readonly end: number;
    readonly kind: string;
    readonly via?: string;
    readonly wait?: string;
  }[];
  readonly totals: Readonly<Record<string, number>>;
  /** Names with their arguments; spans by id, times in microseconds. */
  readonly flags: readonly string[];
  readonly coCritical: readonly (readonly string[])[];
}

const CASES = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Case);

const VIRTUAL_ROOT = '(virtual-root)';
const idOf = (trace: Trace, span: number): string => (span < 0 ? VIRTUAL_ROOT : trace.spanId(span));

function found(trace: Trace, path: CriticalPath): Expected {
  const base = (trace.table.baseSeconds[trace.index] as number) * 1e6;
  const segments = path.segments.map(({ span, start, end, kind, via, wait }) => ({
    spanID: idOf(trace, span),
    start: base + start / 1000,
    end: base + end / 1000,
    kind,
    ...(via === undefined ? {} : { via }),
    ...(wait === undefined ? {} : { wait: idOf(trace, wait) }),
  }));
  const totals: Record<string, number> = {};
  for (const { spanID, start, end } of segments) totals[spanID] = (totals[spanID] ?? 0) + end - start;
  return {
    segments,
    totals,
    flags: path.flags.map((flag) => flagText(trace, flag)).sort(),
    coCritical: path.coCritical.map((set) => set.map((span) => idOf(trace, span))),
  };
}

function flagText(trace: Trace, { flag, span, other, text, valueNs, count }: Flag): string {
  const parts: (string | number)[] = [flag];
  if (span !== undefined && flag !== 'root-extended') parts.push(idOf(trace, span));
  if (other !== undefined) parts.push(idOf(trace, other));
  if (text !== undefined) parts.push(text);
  if (valueNs !== undefined) parts.push(valueNs / 1000);
  if (count !== undefined) parts.push(count);
  return parts.join(':');
}

describe('the critical path', () => {
  it('has all the cases', () => expect(CASES.length).toBe(133));

  it.each(CASES.map((it) => [it.name, it] as const))('is as reasoned by hand: %s', (_, { why, trace, expected }) => {
    const [read] = tracesOf(Buffer.from(JSON.stringify({ data: [trace] }))) as [Trace];
    const path = criticalPath(read);
    expect(found(read, path), why).toEqual({ ...expected, flags: [...expected.flags].sort() });
  });
});
