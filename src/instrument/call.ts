import { type Context, type HrTime, type Span, SpanStatusCode } from '@opentelemetry/api';
import { CALL_KEY, CallContext } from './call-context.ts';
import { captureJson } from './capture.ts';
import { hrTime } from './clock.ts';
import { capturesOutput } from './content/settings.ts';
import type { Details } from './details.ts';
import { errorFacts } from './error-facts.ts';
import type { Kind } from './kinds.ts';
import { callEnded, callOpened, dropsWith, type OpenPlace } from './open-calls.ts';
import type { Redact } from './redact.ts';
import { runIn } from './run-in.ts';
import { ATTR } from './semconv.ts';
import { SpanWriter } from './span-writer.ts';
import { telemetryFailed } from './telemetry-errors.ts';
import { askerOf, rememberAsker, turnOf } from './tool-calls.ts';

/** What a call does beyond its span's name and attributes. */
export interface CallTraits {
  readonly kind: Kind;
  /** Only where the span is named `{operation} {model}`: a model that becomes known later renames it. */
  readonly operation: string | undefined;
  /** Undefined: as it is by default. */
  readonly captureOutput: boolean | undefined;
  /** The wrapper's own redaction. */
  readonly redact?: Redact | undefined;
  /** What an adapter reads from the values of one call. */
  readonly reader?: CallReader | undefined;
}

/**
 * Learns facts (usage, finish reasons, ids) from what a client gives out, and writes them to the call. Sees each value
 * before the host does and must not change it; what it throws is counted and goes no further.
 */
export interface CallReader {
  /** One piece of a stream. */
  chunk?(value: unknown, call: Call): void;
  /** What was returned, or what the promise was fulfilled with, unless that is a stream. */
  result?(value: unknown, call: Call): void;
  /** Just before the span ends, whichever way: the last chance to write. */
  ending?(call: Call): void;
}

/** Why a span was ended without its call having ended. */
export type Incomplete = 'abandoned' | 'exit' | 'crash' | 'signal';

/** The innermost call that a context belongs to. */
export function callOf(active: Context): Call | undefined {
  return active.getValue(CALL_KEY) as Call | undefined;
}

/** The context of work that no call of this process is waiting for. */
export function outsideOfCalls(active: Context): Context {
  return active.deleteValue(CALL_KEY);
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
  place: OpenPlace | undefined;
  /** Where something is recorded. */
  details: Details | undefined;
  /** That of the whole trace, as far as it is in this process. */
  readonly originMs: number;
  /** Milliseconds of `performance.now()`. */
  readonly #startedMs: number;
  #lastMs: number;
  #sawFirstChunk = false;
  #hasStarted = false;
  #knowsFinish = false;
  #isStream = false;
  /** Whether the host decides, by reading on or not, when this ends. */
  #isOpenEnded = false;
  #mayBeLeft = false;
  #overMs: number | undefined;
  #writer: SpanWriter | undefined;

  constructor(span: Span, parent: Context, traits: CallTraits, originMs: number, startedMs: number) {
    this.span = span;
    this.context = new CallContext(parent, span, this);
    this.traits = traits;
    this.originMs = originMs;
    this.#startedMs = startedMs;
    this.#lastMs = startedMs;
    this.place = callOpened(this);
  }

  /** Runs a part of the call, so that spans started in it are its children. What `body` throws is thrown. */
  run<T>(body: () => T): T {
    return runIn(this.context, body);
  }

  /** The result may never be asked for: the span ends at the latest when the host can no longer do so. */
  leaveOpen(result: object): void {
    this.#isOpenEnded = true;
    this.touch();
    dropsWith(result, this);
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

  /** Seconds since the start. */
  elapsed(): number {
    return (performance.now() - this.#startedMs) / 1000;
  }

  /** All that counts is here. If the host leaves the rest unread, the span ends at this time, and lacks nothing. */
  mayBeLeft(): void {
    this.touch();
    this.#mayBeLeft = true;
  }

  /** It is over, unless more comes: its span will end at this time (`performance.now()`), whenever that is known. */
  overAt(atMs: number): void {
    this.#overMs = atMs;
  }

  chunk(value?: unknown): void {
    this.touch();
    this.#mayBeLeft = false;
    if (!this.#sawFirstChunk) this.firstChunk();
    const { reader } = this.traits;
    if (reader?.chunk !== undefined) this.#read(() => reader.chunk?.(value, this));
  }

  /** Only for models; other streams have no such attribute. */
  firstChunk(): void {
    if (this.#sawFirstChunk || this.traits.kind !== 'llm') return;
    this.#sawFirstChunk = true;
    const seconds = this.elapsed();
    this.tell((span) => span.setAttribute(ATTR.timeToFirstChunk, seconds));
  }

  /** The work begins; before, the call waited for its turn. Only the first time counts. */
  started(): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    const seconds = (performance.now() - this.#startedMs) / 1000;
    this.tell((span) => span.setAttribute(ATTR.queueWait, seconds));
  }

  /** Which try this is, from one. */
  attempt(number: number): void {
    if (!Number.isInteger(number) || number < 1) return;
    if (this.details !== undefined) this.details.attempt = number;
    this.tell((span) => span.setAttribute(ATTR.attempt, number));
  }

  finishReasons(reasons: readonly string[]): void {
    this.#knowsFinish = true;
    this.tell((span) => span.setAttribute(ATTR.finishReasons, [...reasons]));
  }

  /** A model's answer asks for these tools (`gen_ai.tool.call.id`). */
  asksFor(toolCallIds: Iterable<string>): void {
    this.tell((span) => {
      for (const id of toolCallIds) rememberAsker(id, span.spanContext(), this.details?.turn);
    });
  }

  /** This is the tool call that a model asked for by this id: links to the model's call where it was in this process. */
  answers(toolCallId: string): void {
    this.tell((span) => {
      span.setAttribute(ATTR.toolCallId, toolCallId);
      const asker = askerOf(toolCallId);
      if (asker !== undefined) span.addLink({ context: asker, attributes: { [ATTR.toolCallId]: toolCallId } });
      const turn = turnOf(toolCallId);
      if (turn !== undefined) span.setAttribute(ATTR.turn, turn);
    });
  }

  /** Writes to the span while it is open. Nothing secret gets through: see `SpanWriter`. */
  tell(write: (span: SpanWriter) => void): void {
    if (this.done) return;
    try {
      this.#writer ??= new SpanWriter(this.span, this.traits.redact);
      write(this.#writer);
    } catch (error) {
      telemetryFailed(error);
    }
  }

  succeed(result?: unknown): void {
    if (this.done) return;
    const { reader } = this.traits;
    if (reader?.result !== undefined && !this.#isStream) this.#read(() => reader.result?.(result, this));
    if (this.details?.comparesResult && !this.#isStream) this.#read(() => this.details?.result(result));
    if (result !== undefined && !this.#isStream && capturesOutput(this.traits.captureOutput)) {
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
    this.details?.failed();
    this.#end();
  }

  /** The consumer of a stream left before its end. That is no error. */
  stopEarly(): void {
    if (this.#mayBeLeft) {
      this.#end(this.#lastMs);
      return;
    }
    this.tell((span) => span.setAttribute(ATTR.stoppedEarly, true));
    this.#markCutShort();
    this.#end();
  }

  /**
   * Nobody will end this. What waits for the host to read on ends when something happened last, the rest at the time that
   * is given (`performance.now()`), or now.
   */
  abandon(why: Incomplete, atMs?: number): void {
    if (this.#mayBeLeft) {
      this.#end(this.#lastMs);
      return;
    }
    if (this.#overMs !== undefined) {
      this.#end();
      return;
    }
    this.tell((span) => span.setAttribute(ATTR.incomplete, why));
    this.#markCutShort();
    this.#end(this.#isOpenEnded ? this.#lastMs : atMs);
  }

  /** The conventions: `error` for an answer whose generation failed, was cancelled or whose stream ended early. */
  #markCutShort(): void {
    if (this.#isStream && !this.#knowsFinish && this.traits.kind === 'llm') this.finishReasons(['error']);
  }

  now(): HrTime {
    return hrTime(this.originMs, performance.now());
  }

  /** As of a time that is past, or now. */
  #end(pastMs = this.#overMs): void {
    if (this.done) return;
    const atMs = pastMs ?? performance.now();
    const { reader } = this.traits;
    if (reader?.ending !== undefined) this.#read(() => reader.ending?.(this));
    this.#read(() => this.details?.ending(pastMs === undefined ? atMs : undefined));
    try {
      this.#writer?.noteLosses();
      this.span.end(hrTime(this.originMs, atMs));
    } catch (error) {
      telemetryFailed(error);
    }
    this.done = true;
    callEnded(this, this.#isOpenEnded);
  }

  #read(read: () => void): void {
    try {
      read();
    } catch (error) {
      telemetryFailed(error);
    }
  }
}
