import { type Context, createContextKey, type HrTime, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { captureJson } from './capture.ts';
import { hrTime } from './clock.ts';
import { errorFacts } from './error-facts.ts';
import type { Kind } from './kinds.ts';
import { forgetOpenEnded, keepOpenEnded } from './open-ended.ts';
import { runIn } from './run-in.ts';
import { ATTR } from './semconv.ts';
import { telemetryFailed } from './telemetry-errors.ts';

/** What a call does beyond its span's name and attributes. */
export interface CallTraits {
  readonly kind: Kind;
  /** Only where the span is named `{operation} {model}`: a model that becomes known later renames it. */
  readonly operation: string | undefined;
  readonly captureOutput: boolean;
}

const KEY = createContextKey('trace-analyze.call');

/** The innermost call that a context belongs to. */
export function callOf(active: Context): Call | undefined {
  return active.getValue(KEY) as Call | undefined;
}

/**
 * One call of a wrapped function while its span is open. Ends once, whatever is told to it later; never throws.
 * Refers to nothing that the host got, so that a stream can be collected while its call is open.
 */
export class Call {
  readonly span: Span;
  readonly context: Context;
  readonly traits: CallTraits;
  done = false;
  /** That of the whole trace, as far as it is in this process. */
  readonly originMs: number;
  /** Milliseconds of `performance.now()`. */
  readonly #startedMs: number;
  #lastMs: number;
  #sawFirstChunk = false;
  #knowsFinish = false;
  #isStream = false;
  #isOpenEnded = false;

  constructor(span: Span, parent: Context, traits: CallTraits, originMs: number, startedMs: number) {
    this.span = span;
    this.context = trace.setSpan(parent, span).setValue(KEY, this);
    this.traits = traits;
    this.originMs = originMs;
    this.#startedMs = startedMs;
    this.#lastMs = startedMs;
  }

  /** Runs a part of the call, so that spans started in it are its children. What `body` throws is thrown. */
  run<T>(body: () => T): T {
    return runIn(this.context, body);
  }

  /** The result may never be asked for: the span ends at the latest when the host can no longer do so. */
  leaveOpen(result: object): void {
    this.#isOpenEnded = true;
    this.touch();
    keepOpenEnded(result, this);
  }

  /** The result is a stream: the span stays open while it is read. */
  startStream(stream: object): void {
    this.#isStream = true;
    this.leaveOpen(stream);
    if (this.traits.kind === 'llm') this.tell((span) => span.setAttribute(ATTR.requestStream, true));
  }

  touch(): void {
    this.#lastMs = performance.now();
  }

  chunk(): void {
    this.touch();
    if (!this.#sawFirstChunk) this.firstChunk();
  }

  /** Only for models; other streams have no such attribute. */
  firstChunk(): void {
    if (this.#sawFirstChunk || this.traits.kind !== 'llm') return;
    this.#sawFirstChunk = true;
    const seconds = (performance.now() - this.#startedMs) / 1000;
    this.tell((span) => span.setAttribute(ATTR.timeToFirstChunk, seconds));
  }

  finishReasons(reasons: readonly string[]): void {
    this.#knowsFinish = true;
    this.tell((span) => span.setAttribute(ATTR.finishReasons, [...reasons]));
  }

  /** Writes to the span while it is open. */
  tell(write: (span: Span) => void): void {
    if (this.done) return;
    try {
      write(this.span);
    } catch (error) {
      telemetryFailed(error);
    }
  }

  succeed(result?: unknown): void {
    if (this.done) return;
    if (this.traits.captureOutput && result !== undefined && !this.#isStream) {
      const key = this.traits.kind === 'tool' ? ATTR.toolResult : ATTR.outputValue;
      this.tell((span) => span.setAttribute(key, captureJson(result)));
    }
    this.#end();
  }

  fail(error: unknown): void {
    if (this.done) return;
    this.tell((span) => {
      const { type, className, message, stack } = errorFacts(error);
      const attributes = { [ATTR.exceptionType]: className, [ATTR.exceptionMessage]: message };
      if (stack !== undefined) Object.assign(attributes, { [ATTR.exceptionStack]: stack });
      span.addEvent('exception', attributes, this.now());
      span.setAttribute(ATTR.errorType, type);
      span.setStatus({ code: SpanStatusCode.ERROR, message });
    });
    this.#markCutShort();
    this.#end();
  }

  /** The consumer of a stream left before its end. That is no error. */
  stopEarly(): void {
    this.tell((span) => span.setAttribute(ATTR.stoppedEarly, true));
    this.#markCutShort();
    this.#end();
  }

  /** Nobody will end this: the span ends when something happened last. */
  abandon(why: 'abandoned' | 'exit'): void {
    this.tell((span) => span.setAttribute(ATTR.incomplete, why));
    this.#markCutShort();
    this.#end(this.#lastMs);
  }

  /** The conventions: `error` for an answer whose generation failed, was cancelled or whose stream ended early. */
  #markCutShort(): void {
    if (this.#isStream && !this.#knowsFinish && this.traits.kind === 'llm') this.finishReasons(['error']);
  }

  now(): HrTime {
    return hrTime(this.originMs, performance.now());
  }

  #end(atMs = performance.now()): void {
    if (this.done) return;
    try {
      this.span.end(hrTime(this.originMs, atMs));
    } catch (error) {
      telemetryFailed(error);
    }
    this.done = true;
    if (this.#isOpenEnded) forgetOpenEnded(this);
  }
}
