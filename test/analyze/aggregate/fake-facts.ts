import type { TraceFacts } from '../../../src/analyze/aggregate/facts.ts';
import type { Segment } from '../../../src/analyze/analyses/critical-path/types.ts';
import type { Bucket, Party, PartyUse } from '../../../src/analyze/analyses/third-party-types.ts';
import type { NearMiss, Occurrence } from '../../../src/analyze/detectors/types.ts';
import type { Flag } from '../../../src/analyze/model/flags.ts';
import { SpanKind, StatusCode } from '../../../src/analyze/model/span.ts';
import { type Losses, rowsByTrace } from '../../../src/analyze/model/span-table.ts';
import { createTableBuilder } from '../../../src/analyze/model/table-builder.ts';
import { buildTrace, type Trace } from '../../../src/analyze/model/trace.ts';
import type { Kind, Role } from '../../../src/analyze/semantics/kinds.ts';

/** Times are nanoseconds from the trace's first second. */
export interface FakeSpan {
  readonly id: string;
  /** The printed id of a span that shares its id with an earlier one. */
  readonly printedId?: string;
  readonly parent?: string;
  readonly start: number;
  /** Absent: no end was recorded. */
  readonly end?: number;
  readonly name: string;
  readonly service?: string;
  readonly failed?: boolean;
  /** What its process says it has lost. */
  readonly losses?: Losses;
  readonly kind?: Kind;
  readonly role?: Role;
  readonly party?: Party;
}

/** A stretch of the path: a span's id, or null for the virtual root. */
export interface FakeSegment extends Omit<Segment, 'span' | 'wait'> {
  readonly span: string | null;
  readonly wait?: string;
  readonly bucket: Bucket;
}

/** Facts made by hand: what the analyses and rules would have found. */
export interface FakeTrace {
  readonly id: string;
  readonly baseSeconds?: number;
  readonly spans: readonly FakeSpan[];
  readonly segments: readonly FakeSegment[];
  readonly coCritical?: readonly (readonly string[])[];
  readonly flags?: readonly Flag[];
  readonly occurrences?: readonly Partial<Occurrence>[];
  readonly nearMisses?: readonly NearMiss[];
  readonly ran?: readonly string[];
  readonly blind?: TraceFacts['judgment']['blind'];
  readonly failures?: TraceFacts['judgment']['failures'];
}

export const OPENAI: Party = {
  name: 'api.openai.com',
  vendor: 'OpenAI',
  class: 'third_party',
  rule: 'provider',
  confidence: 'high',
};

export const OCCURRENCE: Occurrence = {
  id: '0123456789ab',
  kind: 'n_plus_one',
  category: 'tool',
  fingerprint: 'web_search',
  subject: 'web_search',
  service: 'agent',
  operation: 'planner',
  fix: 'one batched search',
  confidence: 'high',
  parentSpan: -1,
  sourceSpan: -1,
  spans: [],
  count: 0,
  distinct: null,
  mode: 'serial',
  sumNs: 0,
  unionNs: 0,
  pathNs: 0,
  saving: null,
};

function fakeTrace(fake: Pick<FakeTrace, 'id' | 'baseSeconds' | 'spans'>): Trace {
  const builder = createTableBuilder(new Map());
  builder.openSource({ name: 'fake' });
  const scope = builder.openScope('fake');
  for (const { id, parent, start, end, name, service = 'agent', failed, losses } of fake.spans) {
    const resource = builder.openResource();
    builder.describeResource(resource, { service, process: service, losses });
    builder.addSpan({
      traceId: fake.id,
      spanId: id,
      start: { seconds: (fake.baseSeconds ?? 0) + Math.floor(start / 1e9), nanos: start % 1e9 },
      durationNs: end === undefined ? Number.NaN : end - start,
      name,
      kind: SpanKind.internal,
      status: failed ? StatusCode.error : StatusCode.unset,
      resource,
      scope,
    });
    if (parent !== undefined) builder.addReference(0, parent);
  }
  const table = builder.finish();
  return buildTrace(table, 0, rowsByTrace(table).rows);
}

export function fakeFacts(fake: FakeTrace): TraceFacts {
  const trace = fakeTrace(fake);
  const indexOf = new Map(Array.from({ length: trace.size }, (_, span) => [trace.spanId(span), span]));
  const spanOf = (id: string): number => indexOf.get(id) as number;
  const byIndex = [...fake.spans].sort((a, b) => spanOf(a.printedId ?? a.id) - spanOf(b.printedId ?? b.id));
  const segments = fake.segments.map(({ span, wait, bucket: _, ...rest }) => ({
    ...rest,
    span: span === null ? -1 : spanOf(span),
    ...(wait === undefined ? {} : { wait: spanOf(wait) }),
  }));
  const base = trace.table.baseSeconds[0] as number;
  const shift = (base - (fake.baseSeconds ?? 0)) * 1e9;
  const inTraceTime = segments.map((s) => ({ ...s, start: s.start - shift, end: s.end - shift }));
  const windowStart = inTraceTime[0]?.start ?? 0;
  return {
    trace,
    path: {
      windowStart,
      windowEnd: inTraceTime.at(-1)?.end ?? windowStart,
      segments: inTraceTime,
      coCritical: (fake.coCritical ?? []).map((set) => set.map(spanOf)),
      flags: [...trace.flags, ...(fake.flags ?? [])],
      start: trace.start,
      end: trace.end,
      parent: trace.parent,
      edge: Array.from(trace.parent, () => 'awaited' as const),
      steps: 0,
    },
    parties: thirdParty(fake, byIndex),
    kinds: byIndex.map(({ kind }) => kind ?? 'other'),
    roles: byIndex.map(({ role }) => role ?? 'none'),
    judgment: {
      occurrences: (fake.occurrences ?? []).map((occurrence) => ({ ...OCCURRENCE, ...occurrence })),
      nearMisses: fake.nearMisses ?? [],
      ran: fake.ran ?? ['n_plus_one', 'redundant_call'],
      blind: fake.blind ?? [],
      failures: fake.failures ?? [],
    },
  };
}

/** Shares counted plainly: calls as if they never overlapped, the path by the buckets given. */
function thirdParty({ segments }: FakeTrace, spans: readonly FakeSpan[]): TraceFacts['parties'] {
  const lengthOf = (bucket: Bucket): number =>
    segments.filter((s) => s.bucket === bucket).reduce((sum, s) => sum + s.end - s.start, 0);
  const partyOfId = new Map(spans.map(({ id, printedId, party }) => [printedId ?? id, party]));
  const uses = new Map<string, PartyUse>();
  spans.forEach(({ party, start, end = start, failed }, index) => {
    if (party === undefined) return;
    const before = uses.get(party.name);
    const pathNs = segments
      .filter((s) => s.bucket === 'party' && partyOfId.get(s.span ?? '')?.name === party.name)
      .reduce((sum, s) => sum + s.end - s.start, 0);
    const wallNs = (before?.wallNs ?? 0) + end - start;
    uses.set(party.name, {
      party,
      calls: [...(before?.calls ?? []), index],
      errors: (before?.errors ?? 0) + (failed ? 1 : 0),
      sumNs: wallNs,
      wallNs,
      exclusiveWallNs: wallNs,
      pathNs,
    });
  });
  const parties = [...uses.values()].sort((a, b) => (a.party.name < b.party.name ? -1 : 1));
  const third = parties.filter(({ party }) => party.class === 'third_party');
  const total = (of: (use: PartyUse) => number): number => third.reduce((sum, use) => sum + of(use), 0);
  return {
    parties,
    partyOf: (span) => spans[span]?.party,
    buckets: segments.map(({ bucket }) => bucket),
    totals: {
      calls: total(({ calls }) => calls.length),
      sumNs: total(({ sumNs }) => sumNs),
      wallNs: total(({ wallNs }) => wallNs),
      pathNs: total(({ pathNs }) => pathNs),
    },
    own: {
      codeNs: lengthOf('code'),
      internalNs: lengthOf('internal'),
      waitNs: lengthOf('wait'),
      untracedNs: lengthOf('untraced'),
    },
  };
}
