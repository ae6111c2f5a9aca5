import { INVALID_SPAN_CONTEXT, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { Call, type Incomplete } from '../../call.ts';
import { watchWebStream } from '../../observe-web-stream.ts';
import { telemetryFailed } from '../../telemetry-errors.ts';
import { hook } from '../../watch.ts';
import { shapeOf } from '../api/shape.ts';
import { describedAi } from './error.ts';

/** Told how a model's stream ended, after the model's own call was. */
export interface StreamEnds {
  /** A piece came. */
  progressed(): void;
  /** An error came as a piece of the stream; `isBroken`: the stream itself failed. */
  failed(error: unknown, isBroken: boolean): void;
  /** The host will read no further. */
  stopped(): void;
  abandoned(why: Incomplete): void;
}

/**
 * Stands for a model's call beside its stream. What is no output does not count as the first piece, an error that comes
 * as a piece fails the call, and whoever runs the model learns how the stream ended.
 */
class StreamTap extends Call {
  readonly #model: Call;
  readonly #ends: StreamEnds;
  #error: { readonly error: unknown } | undefined;

  constructor(model: Call, ends: StreamEnds) {
    const traits = { kind: 'step', operation: undefined, captureOutput: false } as const;
    super(trace.wrapSpanContext(INVALID_SPAN_CONTEXT), ROOT_CONTEXT, traits, model.originMs, performance.now());
    this.#model = model;
    this.#ends = ends;
  }

  /** It turned out that there is nothing to watch. */
  discard(): void {
    super.succeed();
  }

  override run<T>(body: () => T): T {
    return this.#model.run(body);
  }

  override startStream(stream: object): void {
    super.startStream(stream);
    this.#model.startStream(stream);
  }

  override chunk(part?: unknown): void {
    const { type, error } = shapeOf(part);
    this.#ends.progressed();
    if (type === 'error') this.#error = { error };
    if (type === 'stream-start' || type === 'response-metadata' || type === 'error') this.#model.touch();
    else this.#model.chunk(part);
    if (type === 'response-metadata') this.#model.traits.reader?.chunk?.(part, this.#model);
  }

  override succeed(): void {
    if (this.done) return;
    if (this.#error === undefined) this.#model.succeed();
    else this.#fail(this.#error.error, false);
    super.succeed();
  }

  override fail(error: unknown): void {
    if (this.done) return;
    this.#fail(error, true);
    super.succeed();
  }

  #fail(error: unknown, isBroken: boolean): void {
    this.#model.fail(describedAi(error, this.#model));
    this.#ends.failed(error, isBroken);
  }

  override stopEarly(): void {
    if (this.done) return;
    this.#model.stopEarly();
    this.#ends.stopped();
    super.stopEarly();
  }

  override abandon(why: Incomplete): void {
    if (this.done) return;
    this.#model.abandon(why);
    this.#ends.abandoned(why);
    super.abandon(why);
  }
}

interface PipedStream {
  pipeThrough(transform: TransformStream<unknown, unknown>, options?: unknown): PipedStream;
}

/** False where it cannot be watched. A pipe shows nothing of what goes through it, so each one is given a window. */
export function watchParts(stream: object, model: Call, ends: StreamEnds): boolean {
  const tap = new StreamTap(model, ends);
  if (!watchWebStream(stream, tap)) {
    tap.discard();
    return false;
  }
  hook(
    stream,
    'pipeThrough',
    (original) =>
      function (this: unknown, ...args) {
        const seen = Reflect.apply(original, this, [windowOf(tap)]) as PipedStream;
        return Reflect.apply(seen.pipeThrough, seen, args);
      },
  );
  return true;
}

function windowOf(tap: StreamTap): TransformStream<unknown, unknown> {
  // With room for one, a part goes through in the same tick: the order of things stays what it is.
  const room = { highWaterMark: 1 };
  return new TransformStream<unknown, unknown>(
    {
      transform(part, controller) {
        try {
          tap.chunk(part);
        } catch (error) {
          telemetryFailed(error);
        }
        controller.enqueue(part);
      },
    },
    undefined,
    room,
  );
}
