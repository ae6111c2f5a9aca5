import { factOf } from '../model/facts.ts';
import { createInterner } from '../model/interner.ts';
import { StatusCode } from '../model/span.ts';
import type { Trace } from '../model/trace.ts';
import { type CallCategory, isUntyped } from '../semantics/call-category.ts';
import type { Fingerprint } from '../semantics/fingerprints/fingerprint.ts';
import { fingerprintOf } from '../semantics/fingerprints/fingerprint-of.ts';
import { nameWithoutIds } from '../semantics/fingerprints/id-like.ts';
import { resultOf } from '../semantics/fingerprints/model-call.ts';
import { firstAttribute } from '../semantics/first-attribute.ts';
import type { Kind } from '../semantics/kinds.ts';
import { isNoise } from '../semantics/noise.ts';
import { kindsOf } from '../semantics/span-kinds.ts';
import { callsOf } from './calls.ts';
import { criticalPath } from './critical-path/index.ts';
import type { CriticalPath } from './critical-path/types.ts';

/** A call that can be one of many. */
export interface RepeatCall {
  /** The outer span where several instrumentations saw the call. */
  readonly span: number;
  readonly category: CallCategory;
  readonly fingerprint: Fingerprint;
  /** Equal for calls of one category, fingerprint and service. */
  readonly key: number;
  /** Shifted (R5) and clipped to the window (R6), nanoseconds. */
  readonly start: number;
  readonly end: number;
  /** 1, or how many calls a composite span stands for. */
  readonly count: number;
  /** The call's length; for a composite the sum of what it stands for. */
  readonly busyNs: number;
  readonly failed: boolean;
  /** A digest of the answer, where recorded. */
  readonly result: string | undefined;
}

export interface RepeatCalls {
  /** In the order of the trace's spans. */
  readonly calls: readonly RepeatCall[];
  /** Calls that nothing recorded tells apart, by what would: attribute to number of spans. */
  readonly unnamed: ReadonlyMap<string, number>;
}

/** The candidates of the repeat rules: calls in the window, each counted once, without connection handling and the like. */
export function repeatCalls(trace: Trace): RepeatCalls {
  const path = factOf(trace, criticalPath);
  const kinds = factOf(trace, kindsOf);
  const { category, around, within } = factOf(trace, callsOf);
  const inner = soleInner(trace, around, within);
  const unnamed = new Map<string, number>();
  const keyOf = keys(trace);
  const lacks = (key: string): void => void unnamed.set(key, (unnamed.get(key) ?? 0) + 1);
  if (isUntyped(trace, kinds)) return { calls: untypedCalls(trace), unnamed };
  const calls: RepeatCall[] = [];
  for (let span = 0; span < trace.size; span++) {
    const own = category[span];
    const outer = around[span] as number;
    if (own === undefined || (outer >= 0 && within[outer] === 1)) continue;
    const start = Math.max(path.start[span] as number, path.windowStart);
    const end = Math.min(path.end[span] as number, path.windowEnd);
    if (!touches(path, span, start, end)) continue;
    const described = describe(trace, span, category, kinds, inner);
    if (described === undefined) {
      lacks('graphql.operation.name');
      continue;
    }
    if (isNoise(trace, described.by, described.category, described.fingerprint)) continue;
    if (described.fingerprint.detail === 0 && described.category !== 'unknown') lacks(NEEDS[described.category]);
    calls.push({
      span,
      key: keyOf(span, described.category, described.fingerprint),
      start,
      end,
      ...described,
      ...measured(trace, described.category, span === described.by ? [span] : [span, described.by], end - start),
    });
  }
  return { calls, unnamed };
}

/** Numbers for what calls have in common. */
function keys(trace: Trace): (span: number, category: CallCategory, fingerprint: Fingerprint) => number {
  const known = createInterner();
  return (span, category, { text }) => known.intern(`${category}\n${trace.service(span)}\n${text}`);
}

/** Whether any of a span is left within the window. */
const touches = (path: CriticalPath, span: number, start: number, end: number): boolean =>
  end > start || (end === start && path.end[span] === path.start[span]);

/** What would tell calls of a category from one another. */
const NEEDS: Readonly<Record<CallCategory, string>> = {
  db: 'db.query.text',
  http: 'url.full',
  rpc: 'rpc.method',
  messaging: 'messaging.destination.name',
  tool: 'gen_ai.tool.name',
  mcp: 'mcp.method.name',
  llm: 'gen_ai.request.model',
  embedding: 'gen_ai.request.model',
  retrieval: 'gen_ai.data_source.id',
  unknown: 'span.kind',
};

/** Of a call with exactly one call within: that one. */
function soleInner(trace: Trace, around: Int32Array, within: Uint32Array): Int32Array {
  const inner = new Int32Array(trace.size).fill(-1);
  for (let span = 0; span < trace.size; span++) {
    const outer = around[span] as number;
    if (outer >= 0 && within[outer] === 1) inner[outer] = span;
  }
  return inner;
}

interface Described {
  /** The span that tells most: the outer one, or the driver's below a mapper that knows no statement. */
  readonly by: number;
  readonly category: CallCategory;
  readonly fingerprint: Fingerprint;
}

function describe(
  trace: Trace,
  outer: number,
  categories: readonly (CallCategory | undefined)[],
  kinds: readonly Kind[],
  inner: Int32Array,
): Described | undefined {
  const category = categories[outer];
  let best: Described | undefined;
  for (let span = outer, seen = 0; span >= 0 && seen < 8; span = inner[span] as number, seen++) {
    const own = categories[span] as CallCategory;
    // A transport speaks for a call only if the call itself does not say what it is.
    if (own !== category && category !== 'unknown') continue;
    const fingerprint = fingerprintOf(trace, span, own, kinds[span] as Kind);
    if (fingerprint === undefined) continue;
    if (best === undefined || fingerprint.detail > best.fingerprint.detail)
      best = { by: span, category: own, fingerprint };
  }
  return best;
}

/** What answers: statements and requests do not record theirs. */
const ANSWERS: ReadonlySet<CallCategory> = new Set(['tool', 'mcp', 'llm', 'embedding', 'retrieval']);

function measured(
  trace: Trace,
  category: CallCategory,
  spans: readonly number[],
  length: number,
): Pick<RepeatCall, 'count' | 'busyNs' | 'failed' | 'result'> {
  const composite = compositeOf(trace, spans);
  return {
    count: composite?.count ?? 1,
    busyNs: Math.min(composite?.sumNs ?? length, length),
    failed: spans.some((span) => failedOf(trace, span)),
    result: ANSWERS.has(category)
      ? spans.map((span) => resultOf(trace, span)).find((result) => result !== undefined)
      : undefined,
  };
}

/** Elastic's agents compress calls that follow each other: a count, and a sum in microseconds. */
function compositeOf(trace: Trace, spans: readonly number[]): { count: number; sumNs: number | undefined } | undefined {
  for (const span of spans) {
    const count = Number(trace.attribute(span, 'span.composite.count') ?? 1);
    if (!Number.isSafeInteger(count) || count < 2) continue;
    const sum = Number(firstAttribute(trace, span, ['span.composite.sum.us', 'span.composite.sum']) ?? Number.NaN);
    return { count, sumNs: Number.isFinite(sum) && sum >= 0 ? Math.round(sum * 1000) : undefined };
  }
  return undefined;
}

function failedOf(trace: Trace, span: number): boolean {
  if (trace.status(span) === StatusCode.error || trace.attribute(span, 'error.type') !== undefined) return true;
  const status = Number(firstAttribute(trace, span, ['http.response.status_code', 'http.status_code']) ?? 0);
  return status === 429 || status >= 500;
}

/** A trace of names and times alone: what has nothing below may be a call. */
function untypedCalls(trace: Trace): RepeatCall[] {
  const path = factOf(trace, criticalPath);
  const keyOf = keys(trace);
  const calls: RepeatCall[] = [];
  for (let span = 0; span < trace.size; span++) {
    const leaf = trace.childOffset[span] === trace.childOffset[span + 1];
    if (!leaf || (trace.parent[span] as number) < 0) continue;
    const start = Math.max(path.start[span] as number, path.windowStart);
    const end = Math.min(path.end[span] as number, path.windowEnd);
    if (!touches(path, span, start, end)) continue;
    const text = nameWithoutIds(trace.name(span));
    const fingerprint: Fingerprint = { text, subject: text, complete: false, batch: false, detail: 0, writes: false };
    const key = keyOf(span, 'unknown', fingerprint);
    calls.push({
      span,
      category: 'unknown',
      fingerprint,
      key,
      start,
      end,
      ...measured(trace, 'unknown', [span], end - start),
    });
  }
  return calls;
}
