import { type HrTime, type SpanContext, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { ATTR } from '../semconv.ts';
import type { RecordedSpan } from './recorded-span.ts';
import { type SamplingPlan, shareSampler } from './sampling.ts';

/** What is asked of a span that has started. */
export interface StartedSpan {
  readonly startTime: HrTime;
  readonly parentSpanContext?: SpanContext | undefined;
  spanContext(): SpanContext;
}

/** A trace, as far as it is in this process, while nobody knows whether it is kept. */
interface Undecided {
  /** The spans without a parent in this process, by their ids, with their starts in milliseconds. */
  readonly openRoots: Map<string, number>;
  readonly spans: RecordedSpan[];
  chars: number;
}

export interface TailSamplingOptions {
  readonly plan: SamplingPlan;
  /** Takes the spans that are kept, in the order of their ends. */
  keep(span: RecordedSpan): void;
  /** Spans held at most, of all traces together, and characters of their texts. */
  readonly maxHeld?: number;
  readonly maxChars?: number;
  /** Undecided traces at most, and those whose decision is remembered for spans that come late. */
  readonly maxTraces?: number;
}

const MAX_HELD = 20_000;
const MAX_CHARS = 32 * 1024 * 1024;
const MAX_TRACES = 10_000;

/**
 * Keeps the traces of a share, those with a failure and those that are slow; of the others nothing. A trace is kept as
 * soon as that is known, and left out when its root (the last of them, where it has several) has ended.
 *
 * The oldest trace is kept undecided when there are too many spans or traces to hold: it may yet fail, and is the
 * likeliest to be slow.
 */
export class TailSampling {
  sampledOut = 0;
  readonly #isInShare: (traceId: string) => boolean;
  readonly #options: Required<TailSamplingOptions>;
  /** Oldest first. */
  readonly #undecided = new Map<string, Undecided>();
  /** Whether they are kept; longest unused first. */
  readonly #decided = new Map<string, boolean>();
  #held = 0;
  #chars = 0;

  constructor(options: TailSamplingOptions) {
    this.#options = { maxHeld: MAX_HELD, maxChars: MAX_CHARS, maxTraces: MAX_TRACES, ...options };
    this.#isInShare = shareSampler(options.plan.ratio);
  }

  /** Spans that have ended and are undecided. */
  get held(): number {
    return this.#held;
  }

  started(span: StartedSpan): void {
    const { traceId, spanId, traceFlags } = span.spanContext();
    if ((traceFlags & TraceFlags.SAMPLED) === 0) return;
    const known = this.#undecided.get(traceId);
    const { parentSpanContext: parent } = span;
    const isRoot = parent === undefined || parent.isRemote === true;
    if (known !== undefined) {
      if (isRoot) known.openRoots.set(spanId, milliseconds(span.startTime));
      return;
    }
    const isKept = this.#decided.get(traceId);
    // Late work of a trace goes the way of the rest; another root may fail or be slow itself.
    if (isKept === true || (isKept === false && !isRoot)) return;
    this.#decided.delete(traceId);
    this.#open(traceId, spanId, milliseconds(span.startTime));
  }

  #open(traceId: string, rootId: string, startMs: number): void {
    const isInShare = this.#isInShare(traceId);
    if (isInShare || this.#options.plan.slowMs === undefined) {
      this.#remember(traceId, isInShare);
      return;
    }
    this.#undecided.set(traceId, { openRoots: new Map([[rootId, startMs]]), spans: [], chars: 0 });
    if (this.#undecided.size > this.#options.maxTraces) this.#keepOldest();
  }

  ended(span: RecordedSpan): void {
    const { traceId, spanId } = span.spanContext();
    const trace = this.#undecided.get(traceId);
    if (trace === undefined) {
      this.#late(span, traceId);
      return;
    }
    trace.spans.push(span);
    const chars = charsOf(span);
    trace.chars += chars;
    this.#chars += chars;
    this.#held++;
    const isKept = isFailed(span) || isCutOff(span) || this.#isSlow(trace, span);
    trace.openRoots.delete(spanId);
    if (isKept || trace.openRoots.size === 0) this.#decide(traceId, trace, isKept);
    else if (this.#held > this.#options.maxHeld || this.#chars > this.#options.maxChars) this.#keepOldest();
  }

  /** Everything that is undecided, because nobody will know: the process ends. */
  keepAll(): void {
    while (this.#undecided.size > 0) this.#keepOldest();
  }

  #keepOldest(): void {
    const [oldest] = this.#undecided;
    if (oldest !== undefined) this.#decide(...oldest, true);
  }

  /** A root that is open when something in it ends lasts at least until then. */
  #isSlow({ openRoots }: Undecided, { endTime }: RecordedSpan): boolean {
    const { slowMs = Number.POSITIVE_INFINITY } = this.#options.plan;
    const endMs = milliseconds(endTime);
    for (const startMs of openRoots.values()) if (endMs - startMs >= slowMs) return true;
    return false;
  }

  #decide(traceId: string, { spans, chars }: Undecided, isKept: boolean): void {
    this.#undecided.delete(traceId);
    this.#remember(traceId, isKept);
    this.#held -= spans.length;
    this.#chars -= chars;
    if (isKept) for (const span of spans) this.#options.keep(span);
    else this.sampledOut += spans.length;
  }

  #late(span: RecordedSpan, traceId: string): void {
    // A decision that is forgotten was not a failure's, most likely, and the share is always known.
    const isKept = this.#decided.get(traceId) ?? (isFailed(span) || this.#isInShare(traceId));
    this.#remember(traceId, isKept);
    if (isKept) this.#options.keep(span);
    else this.sampledOut++;
  }

  #remember(traceId: string, isKept: boolean): void {
    this.#decided.delete(traceId);
    this.#decided.set(traceId, isKept);
    if (this.#decided.size <= this.#options.maxTraces) return;
    const [oldest] = this.#decided.keys();
    if (oldest !== undefined) this.#decided.delete(oldest);
  }
}

const isFailed = ({ status }: RecordedSpan): boolean => status.code === SpanStatusCode.ERROR;

/** By the end of the process. A stream that nobody reads is no such thing. */
function isCutOff({ attributes }: RecordedSpan): boolean {
  const why = attributes[ATTR.incomplete];
  return why !== undefined && why !== 'abandoned';
}

/** Of the texts that may be large. */
function charsOf({ attributes, events }: RecordedSpan): number {
  let chars = 0;
  for (const value of Object.values(attributes)) if (typeof value === 'string') chars += value.length;
  for (const event of events) {
    for (const value of Object.values(event.attributes ?? {})) if (typeof value === 'string') chars += value.length;
  }
  return chars;
}

const milliseconds = ([seconds, nanoseconds]: HrTime): number => seconds * 1000 + nanoseconds / 1e6;
