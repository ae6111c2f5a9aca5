import type { Attributes, Context } from '@opentelemetry/api';
import type { Call, Incomplete } from '../../call.ts';
import { captureJson } from '../../capture.ts';
import { factsOf } from '../../current.ts';
import { type CallSpec, openSpec } from '../../open-call.ts';
import { ATTR } from '../../semconv.ts';
import { telemetryFailed } from '../../telemetry-errors.ts';
import type { ClientOptions } from '../api/options.ts';
import { known, numberOf, shapeOf } from '../api/shape.ts';
import { describedAi } from './error.ts';
import { ModelReader, noteServer } from './model-reader.ts';
import { providerOf } from './provider.ts';
import { type StreamEnds, watchParts } from './stream-tap.ts';

export interface AiTelemetryOptions extends ClientOptions {
  /** Names the agent of `generateText` and `streamText`; a `functionId` given beside this wins. */
  readonly functionId?: string;
}

/** What starts a run: one call of `generateText`, `embedMany`, … */
export interface RunStart {
  /** `ai.generateText` */
  readonly operationId: string;
  readonly functionId: string | undefined;
  readonly provider: string | undefined;
  readonly model: string | undefined;
  /** Nobody tells the end of the run where its stream breaks. */
  readonly endsWithStream?: boolean;
}

export interface ModelStart {
  readonly provider: string | undefined;
  readonly model: string | undefined;
  readonly attributes: Attributes;
}

const TEXT = new Set(['ai.generateText', 'ai.streamText']);

/** Whether the SDK returns before the run is over. */
export function isStream(operationId: string): boolean {
  return operationId.startsWith('ai.stream');
}

/** Runs that asked for a tool call, by its id, as tools may be run far from them. */
const askers = new Map<string, Run>();
const MAX_ASKERS = 1024;

export function askerOf(toolCallId: string): Run | undefined {
  const run = askers.get(toolCallId);
  return run?.root.done === false ? run : undefined;
}

/** One call of the SDK that a program makes, with the calls of models and tools in it. */
export class Run implements StreamEnds {
  readonly root: Call;
  readonly #options: AiTelemetryOptions;
  readonly #endsWithStream: boolean;
  #step: Call | undefined;
  /** The last one. */
  #model: Call | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** Undefined where nobody records. */
  static start(start: RunStart, options: AiTelemetryOptions): Run | undefined {
    const root = openSpec(rootSpec(start, options));
    return root === undefined ? undefined : new Run(root, options, start.endsWithStream === true);
  }

  constructor(root: Call, options: AiTelemetryOptions, endsWithStream: boolean) {
    this.root = root;
    this.#options = options;
    this.#endsWithStream = endsWithStream;
  }

  /** A run that streams is over, too, when nobody can read on: once `holder` is collected. */
  streamsFor(holder: object): void {
    this.root.leaveOpen(holder);
  }

  progressed(): void {
    this.root.touch();
  }

  /** What models and tools belong to. */
  get parent(): Context {
    return (this.#step ?? this.root).context;
  }

  get captures(): { readonly input: boolean; readonly output: boolean } {
    return { input: this.#options.captureInput === true, output: this.#options.captureOutput === true };
  }

  startStep(turn: number): void {
    this.#step = openSpec({
      kind: 'step',
      name: 'step',
      options: { redact: this.#options.redact, attributes: { [ATTR.turn]: turn, ...this.#options.attributes } },
      parent: this.root.context,
    });
  }

  endStep(error?: unknown): void {
    if (error !== undefined) this.#step?.fail(describedAi(error, this.#step));
    this.#step?.succeed();
    this.#step = undefined;
  }

  openModel(start: ModelStart): Call | undefined {
    // What failed before is tried again.
    this.#failure = undefined;
    const reader = new ModelReader(this.captures.output, (toolCallId) => this.#asked(toolCallId));
    const options = this.#modelOptions(start);
    const call = openSpec({ kind: 'llm', name: 'chat', options, reader, parent: this.parent });
    if (call !== undefined) this.#model = call;
    this.progressed();
    return call;
  }

  openEmbedding(start: ModelStart): Call | undefined {
    const options = this.#modelOptions(start);
    return openSpec({ kind: 'embedding', name: 'embeddings', options, parent: this.parent });
  }

  openTool(name: string, toolCallId: string | undefined, input: unknown): Call | undefined {
    const call = openSpec({
      kind: 'tool',
      name,
      options: {
        captureOutput: this.captures.output,
        redact: this.#options.redact,
        attributes: { ...this.#options.attributes },
      },
      parent: this.parent,
      args: [input],
    });
    this.progressed();
    if (call === undefined) return undefined;
    if (toolCallId !== undefined) call.answers(toolCallId);
    if (this.captures.input) call.tell((span) => span.setAttribute(ATTR.toolArguments, captureJson(input)));
    return call;
  }

  #modelOptions({ provider, model, attributes }: ModelStart): NonNullable<CallSpec['options']> {
    const named = this.#options.provider ?? providerOf(provider);
    return {
      ...(named === undefined ? {} : { provider: named }),
      ...(model === undefined ? {} : { model }),
      redact: this.#options.redact,
      attributes: { ...attributes, ...this.#options.attributes },
    };
  }

  #asked(toolCallId: string): void {
    askers.set(toolCallId, this);
    if (askers.size > MAX_ASKERS) askers.delete(askers.keys().next().value as string);
  }

  /** Ends a model's call with what its provider returned: an answer, or what has a stream in it. */
  answered(result: unknown, call: Call): void {
    try {
      const { stream, request } = shapeOf(result);
      noteServer(shapeOf(request).url, call);
      const isStream = typeof shapeOf(stream).getReader === 'function';
      if (!isStream || !watchParts(stream as object, call, this)) call.succeed(result);
    } catch (error) {
      telemetryFailed(error);
      call.succeed();
    }
  }

  /** A model's or tool's call failed; whether the run does is seen later. */
  refused(error: unknown, call: Call): void {
    call.fail(describedAi(error, call));
  }

  end(): void {
    if (this.#failure !== undefined) this.fail(this.#failure.error);
    this.endStep();
    this.root.succeed();
  }

  fail(error: unknown): void {
    this.endStep(error);
    this.root.fail(describedAi(error, this.root));
  }

  failed(error: unknown, isBroken: boolean): void {
    if (isBroken && this.#endsWithStream) this.fail(error);
    else this.#failure = { error };
  }

  stopped(): void {
    this.#model?.stopEarly();
    this.#step?.stopEarly();
    this.root.stopEarly();
  }

  abandoned(why: Incomplete): void {
    this.#model?.abandon(why);
    this.#step?.abandon(why);
    this.root.abandon(why);
  }
}

/** An agent where it has a name; a step where it is only a call that a program makes. */
function rootSpec({ operationId, functionId, provider, model }: RunStart, options: AiTelemetryOptions): CallSpec {
  const operation = operationId.replace(/^ai\./, '');
  const name = functionId ?? options.functionId;
  const { attributes } = options;
  if (operation === 'rerank') return rerankSpec(provider, model, options);
  if (name === undefined || !TEXT.has(operationId)) {
    return { kind: 'step', name: name ?? operation, options: { attributes: { ...attributes } } };
  }
  const named = options.provider ?? providerOf(provider);
  return {
    kind: 'agent',
    name,
    options: { ...(named === undefined ? {} : { provider: named }), attributes: { ...attributes } },
  };
}

/** The conventions have no name for it. This one is what other libraries write. */
function rerankSpec(provider: string | undefined, model: string | undefined, options: AiTelemetryOptions): CallSpec {
  const named = options.provider ?? providerOf(provider);
  return {
    kind: 'step',
    name: model === undefined ? 'rerank' : `rerank ${model}`,
    options: {
      ...(named === undefined ? {} : { provider: named }),
      ...(model === undefined ? {} : { model }),
      remote: true,
      attributes: { [ATTR.operation]: 'rerank', ...options.attributes },
    },
  };
}

/** What an embedding model answered: tokens in all versions of the SDK are a number, or not one. */
export function embedded(result: unknown, call: Call): void {
  const { usage, embeddings } = shapeOf(result);
  const facts = factsOf(call);
  facts.usage({ input: numberOf(shapeOf(usage).tokens) });
  const size = Array.isArray(embeddings) && embeddings.length > 0 ? embeddings.length : undefined;
  facts.attributes(known({ [ATTR.batchSize]: size }));
  call.succeed();
}
