import { context, INVALID_SPAN_CONTEXT, type Span, type SpanOptions, type Tracer, trace } from '@opentelemetry/api';
import { type Call, callOf } from '../../call.ts';
import { notice } from '../../notice.ts';
import { derivePromise, isPlainPromise, type Settlement } from '../../observe-promise.ts';
import { activeTracer } from '../../open-call.ts';
import { ATTR } from '../../semconv.ts';
import { telemetryFailed } from '../../telemetry-errors.ts';
import { parsed } from '../api/messages.ts';
import { type Shape, shapeOf, textOf } from '../api/shape.ts';
import { type AiTelemetryOptions, askerOf, embedded, isStream, Run } from './run.ts';
import { spanAttributes } from './settings.ts';
import { silentSpan } from './silent-span.ts';

/** Work of the SDK that it has opened a span for, and how its end is read. */
interface Opened extends Settlement {
  readonly call: Call;
  /** What the SDK is given for its span: it sees nothing of what the SDK writes, save that it is ended. */
  readonly span: Span;
}

type Work = (span: Span) => unknown;

const NOTHING = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

/**
 * What versions 5 and 6 of the AI SDK take as a tracer. They open a span around each run, each model's call and each
 * tool; here these become calls, read from what the SDK's own work returns.
 */
export function aiTracer(options: AiTelemetryOptions): Tracer {
  const opener = new Opener(options);
  const startActiveSpan = (name: string, ...rest: unknown[]): unknown => {
    const work = rest.at(-1) as Work;
    const [{ attributes } = {} as SpanOptions] = rest as [SpanOptions?];
    if (activeTracer() === undefined) return work(NOTHING);
    const opened = guarded(() => opener.open(name, shapeOf(attributes)));
    return opened === undefined ? work(NOTHING) : settled(opened, work);
  };
  return { startSpan: () => NOTHING, startActiveSpan } as Tracer;
}

function guarded<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    telemetryFailed(error);
    return undefined;
  }
}

function settled(opened: Opened, work: Work): unknown {
  const { call, span } = opened;
  let result: unknown;
  try {
    result = call.run(() => work(span));
  } catch (error) {
    opened.onError(error);
    throw error;
  }
  if (result instanceof Promise && isPlainPromise(result)) return derivePromise(result, opened);
  opened.onValue(result);
  return result;
}

class Opener {
  readonly #options: AiTelemetryOptions;
  readonly #runs = new WeakMap<Call, Run>();
  readonly #open = new Set<Run>();

  constructor(options: AiTelemetryOptions) {
    this.#options = options;
  }

  open(name: string, attributes: Shape): Opened | undefined {
    if (!name.startsWith('ai.')) {
      notice(`aiTelemetry: the AI SDK's "${name}" is not known and not traced`);
      return undefined;
    }
    if (/\.do(Generate|Stream)$/.test(name)) return this.#model(attributes);
    if (name.endsWith('.doEmbed')) return this.#embedding(attributes);
    if (name === 'ai.toolCall') return this.#tool(attributes);
    return /\.do[A-Z]\w*$/.test(name) ? undefined : this.#run(name, attributes);
  }

  #run(operationId: string, attributes: Shape): Opened | undefined {
    const run = Run.start(
      {
        operationId,
        functionId: textOf(attributes['ai.telemetry.functionId']),
        provider: textOf(attributes['ai.model.provider']),
        model: textOf(attributes['ai.model.id']),
        endsWithStream: true,
      },
      this.#options,
    );
    if (run === undefined) return undefined;
    this.#runs.set(run.root, run);
    this.#open.add(run);
    const end = () => {
      run.end();
      this.#open.delete(run);
    };
    const onError = (error: unknown) => {
      run.fail(error);
      this.#open.delete(run);
    };
    if (!isStream(operationId)) return { call: run.root, span: silentSpan(run.root), onValue: end, onError };
    // Their work returns as soon as the stream is there.
    const span = silentSpan(run.root, end);
    run.streamsFor(span);
    return { call: run.root, span, onValue: () => undefined, onError };
  }

  #model(attributes: Shape): Opened | undefined {
    const run = this.#runNow();
    const call = run?.openModel({
      provider: textOf(attributes['ai.model.provider']),
      model: textOf(attributes['ai.model.id']),
      attributes: spanAttributes(attributes, this.#options.captureInput === true),
    });
    if (run === undefined || call === undefined) return undefined;
    this.#runs.set(call, run);
    return this.#opened(call, run, (value) => run.answered(shapeOf(value).result ?? value, call));
  }

  #embedding(attributes: Shape): Opened | undefined {
    const run = this.#runNow();
    const values = attributes['ai.values'];
    const call = run?.openEmbedding({
      provider: textOf(attributes['ai.model.provider']),
      model: textOf(attributes['ai.model.id']),
      attributes: Array.isArray(values) ? { [ATTR.batchSize]: values.length } : {},
    });
    if (run === undefined || call === undefined) return undefined;
    return this.#opened(call, run, (value) => embedded(value, call));
  }

  #tool(attributes: Shape): Opened | undefined {
    const id = textOf(attributes['ai.toolCall.id']);
    const run = this.#runHere() ?? (id === undefined ? undefined : askerOf(id)) ?? this.#onlyRun();
    const name = textOf(attributes['ai.toolCall.name']) ?? 'tool';
    const call = run?.openTool(name, id, parsed(attributes['ai.toolCall.args']));
    if (run === undefined || call === undefined) return undefined;
    return this.#opened(call, run, (value) => {
      const { type, output, error } = shapeOf(value);
      if (type === 'tool-error') call.fail(error);
      else call.succeed(output);
    });
  }

  #opened(call: Call, run: Run, onValue: (value: unknown) => void): Opened {
    return { call, span: silentSpan(call), onValue, onError: (error) => run.refused(error, call) };
  }

  #runNow(): Run | undefined {
    return this.#runHere() ?? this.#onlyRun();
  }

  /** That of the work that runs here. */
  #runHere(): Run | undefined {
    const call = callOf(context.active());
    const run = call === undefined ? undefined : this.#runs.get(call);
    return run?.root.done === false ? run : undefined;
  }

  /** Later parts of a stream's work may run wherever the stream is read. */
  #onlyRun(): Run | undefined {
    for (const one of this.#open) if (one.root.done) this.#open.delete(one);
    return this.#open.size === 1 ? [...this.#open][0] : undefined;
  }
}
