export interface TraceReport {
  readonly traceId: string;
  /** null: several tops or a lost root; a virtual root spans them. */
  readonly rootSpanId: string | null;
  /** Of the root; under a virtual root of the earliest span without parent. */
  readonly rootService: string;
  readonly rootName: string;
  readonly failed: boolean;
  readonly complete: boolean;
  /** Start of the window, Unix nanoseconds in decimal. */
  readonly startUnixNano: string;
  /** Length of the window: the root, extended where its work went on without it. */
  readonly durationNs: number;
  /** Every span of the trace that the report names, and their ancestors. By recorded start, then id. */
  readonly spans: readonly SpanReport[];
  readonly criticalPath: TracePath;
  /** Repairs and oddities, by flag, span, other, value, count. */
  readonly flags: readonly FlagReport[];
  /** Absent where no user interface is known. */
  readonly links?: { readonly trace: string };
}

export interface SpanReport {
  /** As recorded, or `id#n` where several spans share an id. */
  readonly spanId: string;
  /** Only where it differs from `spanId`. */
  readonly recordedSpanId?: string;
  /** The recorded parent; null for a root and where the parent is missing. */
  readonly parentSpanId: string | null;
  readonly service: string;
  readonly operation: string;
  /** `llm`, `tool`, `agent`, `db`, `http`, … (docs: kinds). */
  readonly kind: string;
  /** The part it plays in the critical path. */
  readonly role: string;
  /** Who its time belongs to; absent for own code. */
  readonly party?: string;
  /** From the start of the window, clock skew taken out; may be negative. */
  readonly startNs: number;
  /** As recorded; of a span without end: up to where its work was seen. */
  readonly durationNs: number;
  readonly error: boolean;
  readonly link?: string;
}

export type SegmentKind = 'self' | 'overlapped' | 'wait' | 'untraced';
type Bucket = 'party' | 'internal' | 'code' | 'wait' | 'untraced';
export type Via = 'hoist' | 'wait' | 'adopt';

export interface TracePath {
  /** They tile [0, durationNs) in order of time. */
  readonly segments: readonly SegmentReport[];
  /** Sets of spans that end together, the path's own span first: shortening one alone saves nothing. */
  readonly coCritical: readonly (readonly string[])[];
  /** How the path was found; the sum is `durationNs`. */
  readonly how: {
    readonly directNs: number;
    readonly hoistedNs: number;
    readonly throughWaitNs: number;
    readonly adoptedNs: number;
  };
}

export interface SegmentReport {
  /** null: the virtual root. */
  readonly spanId: string | null;
  /** From the start of the window; end exclusive. */
  readonly startNs: number;
  readonly endNs: number;
  readonly kind: SegmentKind;
  /** Absent: by awaited children alone. */
  readonly via?: Via;
  /** The wait that this segment explains. */
  readonly waitSpanId?: string;
  readonly bucket: Bucket;
}

export interface FlagReport {
  readonly flag: string;
  readonly spanId?: string;
  /** The other span; for what is no span of the trace (a missing parent, the members of a cycle) its id. */
  readonly otherId?: string;
  readonly valueNs?: number;
  readonly count?: number;
}
