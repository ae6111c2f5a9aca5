import { type Context, type Span, SpanKind, trace } from '@opentelemetry/api';
import { argumentFacts, resultFacts } from './args-hash.ts';
import { type Failed, Failures } from './attempts.ts';
import { type Call, callOf } from './call.ts';
import { endsAtOnce, type FanOut, Together } from './fan-out.ts';
import type { Kind, SpanPlan } from './kinds.ts';
import { loadSince, type Reading, readLoad } from './process-load.ts';
import { ATTR } from './semconv.ts';
import { telemetryFailed } from './telemetry-errors.ts';
import { type Turns, turnsBelow } from './turns.ts';

/** What the calls below one span have to do with each other. */
class Siblings {
  readonly together = new Together();
  readonly failures = new Failures();
}

/** Of spans that are no call of ours. */
const foreign = new WeakMap<Span, Siblings>();

function siblingsBelow(parentSpan: Span, outer: Call | undefined): Siblings {
  if (outer?.details !== undefined && outer.span === parentSpan) {
    outer.details.children ??= new Siblings();
    return outer.details.children;
  }
  let found = foreign.get(parentSpan);
  if (found === undefined) {
    found = new Siblings();
    foreign.set(parentSpan, found);
  }
  return found;
}

/** Outermost calls of this process that are open, and how many there have been. */
const runs = { open: 0, started: 0 };

/** What is known of a call when it begins. */
export interface Beginning {
  readonly plan: SpanPlan;
  readonly parent: Context;
  /** What it is compared with others by. */
  readonly args: readonly unknown[] | undefined;
  /** `performance.now()`; undefined where it is told afterwards. */
  readonly nowMs: number | undefined;
}

/** What is recorded of a call for its analysis, beyond what it is and how long it took. */
export class Details {
  /** Of the calls below. */
  children: Siblings | undefined;
  fanOut: FanOut | undefined;
  /** In which it was started. */
  stretch: number | undefined;
  /** Which model call of an agent's run this is, or belongs to. */
  turn: number | undefined;
  attempt = 1;
  readonly comparesResult: boolean;
  /** By which model calls below are counted. */
  readonly turns: Turns | undefined;
  /** Written to as it is: all of this is numbers and hashes. */
  readonly #span: Span;
  readonly #plan: SpanPlan;
  readonly #outerTurns: Turns | undefined;
  readonly #siblings: Siblings | undefined;
  readonly #argsHash: string | undefined;
  readonly #load: Reading | undefined;
  /** How many runs were open when this one started, and its number. */
  readonly #run: { readonly others: number; readonly number: number } | undefined;

  constructor(call: Call, { plan, parent, args, nowMs }: Beginning) {
    const parentSpan = trace.getSpan(parent);
    const outer = callOf(parent);
    this.#span = call.span;
    this.#plan = plan;
    this.#outerTurns = outer?.details?.turns;
    this.turns = turnsBelow(plan.kind, this.#outerTurns);
    // In a trace of its own, a call has nothing to be compared with.
    if (parentSpan !== undefined) {
      this.#siblings = siblingsBelow(parentSpan, outer);
      if (args !== undefined) this.#argsHash = writeArguments(call, plan.kind, args);
    }
    this.comparesResult = this.#argsHash !== undefined && (plan.kind === 'tool' || plan.kind === 'retrieval');
    this.#count();
    const isLocalRoot = parentSpan === undefined || parentSpan.spanContext().isRemote === true;
    // What a client calls is done elsewhere.
    const isHere = isLocalRoot && plan.spanKind !== SpanKind.CLIENT;
    if (nowMs !== undefined && (isHere || plan.kind === 'agent')) {
      this.#load = readLoad(nowMs);
      if (outer === undefined) this.#run = { others: runs.open++, number: ++runs.started };
    }
    if (nowMs !== undefined) this.#siblings?.together.join(call, this);
  }

  #count(): void {
    const span = this.#span;
    const failed = this.#siblings?.failures.take(() => this.#key());
    if (failed !== undefined) {
      this.attempt = failed.attempt + 1;
      span.setAttribute(ATTR.attempt, this.attempt);
    }
    this.turn = this.#turnOf(failed);
    if (this.turn !== undefined) span.setAttribute(ATTR.turn, this.turn);
  }

  /** Another attempt is the same turn. */
  #turnOf(failed: Failed | undefined): number | undefined {
    const turns = this.#outerTurns;
    if (turns === undefined) return undefined;
    if (this.#plan.kind === 'llm') return failed?.turn ?? ++turns.started;
    return this.#plan.kind === 'tool' && turns.ended > 0 ? turns.ended : undefined;
  }

  #key(): string {
    const { kind, spanName, attributes } = this.#plan;
    return `${kind} ${spanName} ${this.#argsHash ?? attributes[ATTR.urlFull] ?? ''}`;
  }

  failed(): void {
    this.#siblings?.failures.add(this.#key(), { attempt: this.attempt, turn: this.turn });
  }

  result(value: unknown): void {
    if (value === undefined) return;
    const { hash, bytes } = resultFacts(value);
    if (hash !== undefined) this.#span.setAttribute(ATTR.resultHash, hash);
    if (bytes !== undefined) this.#span.setAttribute(ATTR.resultBytes, bytes);
  }

  #endFanOut(group: FanOut): void {
    if (this.stretch !== undefined && endsAtOnce(this.stretch)) group.size--;
    else if (group.size > 1) {
      this.#span.setAttribute(ATTR.fanOutId, group.id);
      this.#span.setAttribute(ATTR.fanOutSize, group.size);
    }
  }

  /** Just before the span ends: now (`performance.now()`), or as of a time that is past, at which nothing was read. */
  ending(nowMs: number | undefined): void {
    const span = this.#span;
    const turns = this.#outerTurns;
    if (turns !== undefined && this.#plan.kind === 'llm') turns.ended = Math.max(turns.ended, this.turn ?? 0);
    if (this.fanOut !== undefined) this.#endFanOut(this.fanOut);
    if (this.#run !== undefined) runs.open--;
    const load = nowMs !== undefined && this.#load !== undefined ? loadSince(this.#load, nowMs) : undefined;
    if (load === undefined) return;
    if (load.cpuSeconds !== undefined) span.setAttribute(ATTR.cpuTime, load.cpuSeconds);
    if (load.utilization !== undefined) span.setAttribute(ATTR.eventLoopUtilization, load.utilization);
    const others = this.#run === undefined ? 0 : this.#run.others + runs.started - this.#run.number;
    if (others > 0) span.setAttribute(ATTR.concurrentRuns, others);
  }
}

/** Never throws: the span is there in any case. */
export function describe(call: Call, beginning: Beginning): void {
  try {
    call.details = new Details(call, beginning);
  } catch (error) {
    telemetryFailed(error);
  }
}

function writeArguments(call: Call, kind: Kind, args: readonly unknown[]): string | undefined {
  const { hash, names } = argumentFacts(args);
  if (hash !== undefined) call.span.setAttribute(ATTR.argsHash, hash);
  if (names !== undefined && kind === 'tool') call.tell((span) => span.setAttribute(ATTR.argsKeys, names));
  return hash;
}
