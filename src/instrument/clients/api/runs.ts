import { type Context, context, createContextKey, trace } from '@opentelemetry/api';
import { type Call, callOf } from '../../call.ts';
import { carrying } from '../../carried.ts';
import { addFrameworkContext, currentContext, type FrameworkContext } from '../../framework-context.ts';
import { activeTracer, type CallSpec, openSpec } from '../../open-call.ts';
import { ATTR } from '../../semconv.ts';
import { sessionOf } from '../../session.ts';
import { telemetryFailed } from '../../telemetry-errors.ts';

/** A span for a run. */
export interface RunSpec extends CallSpec {
  /** The tool call that this answers, where it is known before it ends. */
  readonly toolCallId?: string | undefined;
  /** Reads what the run comes to, and returns what is to be recorded as its result. */
  readonly read?: (outcome: unknown, call: Call) => unknown;
}

/** The start of a run, as a framework tells it. */
export interface RunStart {
  readonly id: string;
  /** Of the run that it is part of. */
  readonly parentId: string | undefined;
  /** The framework holds it as long as the run can go on; it is not held here. */
  readonly holder: object;
  /** The conversation that it belongs to, unless it is part of one already. It stays in this process. */
  readonly conversation?: string | undefined;
  /** Undefined for what has no span of its own. */
  readonly spec: RunSpec | undefined;
}

/** A run that has begun. */
export interface OpenRun {
  readonly call: Call | undefined;
  readonly read: RunSpec['read'];
  readonly holder: WeakRef<object>;
  /** What is part of the run belongs to this. */
  readonly context: Context;
  /** What was active when it began. */
  readonly around: Context;
  readonly parentId: string | undefined;
  /** When something happened in it last, in milliseconds of `performance.now()`. */
  lastMs: number;
}

const MAX_RUNS = 65_536;
/** No run is nested that deep; ids that go in a circle are. */
const MAX_DEPTH = 256;

/** The runs of a framework that tells of them by ids, and lets nobody run code in them. */
export class Runs {
  /** All that are told of the same run share it: it has one span. */
  readonly #runs = new Map<string, OpenRun>();
  /** The id of the innermost run that a context was made in. */
  readonly #key: symbol;
  readonly #find: FrameworkContext;
  /** Nobody tells the end of what the host leaves or never reads: it ends when something happened in it last. */
  readonly #collected = new FinalizationRegistry<string>((id) => {
    const run = this.#runs.get(id);
    this.#runs.delete(id);
    run?.call?.abandon('abandoned', run.lastMs);
  });

  /** `runHere` gives the id of the run that the code which asks is part of, by what the framework keeps for itself. */
  constructor(framework: string, runHere: () => unknown) {
    this.#key = createContextKey(`trace-analyze.${framework}.run`);
    this.#find = (active) => (this.#runs.size === 0 ? undefined : this.#contextOf(runHere(), active));
  }

  /** From now on, code inside a run belongs to it. */
  follow(): void {
    addFrameworkContext(this.#find);
  }

  /** Nothing happens for a run that is open already, and where nobody records. */
  start({ id, parentId, holder, conversation, spec }: RunStart): void {
    if (this.#runs.has(id) || activeTracer() === undefined) return;
    const parent = inConversation(this.#parentOf(parentId), conversation);
    const call = spec === undefined ? undefined : openSpec({ ...spec, parent });
    if (spec?.toolCallId !== undefined) call?.answers(spec.toolCallId);
    this.#runs.set(id, {
      call,
      read: spec?.read,
      holder: new WeakRef(holder),
      context: (call?.context ?? parent).setValue(this.#key, id),
      around: context.active(),
      parentId,
      lastMs: 0,
    });
    this.progressed(id);
    if (this.#runs.size > MAX_RUNS) this.#runs.delete(this.#runs.keys().next().value as string);
    this.#collected.register(holder, id);
  }

  get(id: string): OpenRun | undefined {
    return this.#runs.get(id);
  }

  /** Something has happened in a run, and so in those that it is part of. */
  progressed(id: string | undefined): void {
    const now = performance.now();
    let run = this.#runs.get(id ?? '');
    for (let depth = 0; run !== undefined && depth < MAX_DEPTH; depth++) {
      run.lastMs = now;
      run = this.#runs.get(run.parentId ?? '');
    }
  }

  /** The framework tells the end of a run; `end` ends its call. */
  end(id: string, end: (run: OpenRun) => void): void {
    const run = this.#runs.get(id);
    if (run === undefined) return;
    this.#runs.delete(id);
    end(run);
    this.progressed(run.parentId);
  }

  /** The run that it is part of, or code inside of that. */
  #parentOf(id: string | undefined): Context {
    const active = currentContext();
    const parent = id === undefined ? undefined : this.#runs.get(id);
    return parent === undefined || active.getValue(this.#key) === id ? active : parent.context;
  }

  #contextOf(id: unknown, active: Context): Context | undefined {
    const run = typeof id === 'string' ? this.#runs.get(id) : undefined;
    if (run === undefined || active.getValue(this.#key) === id) return undefined;
    // A span that others have opened since, inside of the run.
    const isDeeper = callOf(active) === callOf(run.around) && trace.getSpan(active) !== trace.getSpan(run.around);
    return isDeeper ? undefined : run.context;
  }
}

/** What is to be recorded as the result of a run that came to this. Never throws, so that the span ends in any case. */
export function resultOf({ call, read }: OpenRun, outcome: unknown): unknown {
  if (read === undefined || call === undefined) return outcome;
  try {
    return read(outcome, call);
  } catch (error) {
    telemetryFailed(error);
    return undefined;
  }
}

function inConversation(active: Context, id: string | undefined): Context {
  return id === undefined || sessionOf(active) !== undefined ? active : carrying(active, ATTR.conversation, id, false);
}
