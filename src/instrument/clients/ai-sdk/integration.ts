import type { Call } from '../../call.ts';
import { factsOf } from '../../current.ts';
import { notice } from '../../notice.ts';
import { activeTracer } from '../../open-call.ts';
import { ATTR } from '../../semconv.ts';
import { telemetryFailed } from '../../telemetry-errors.ts';
import { known, numberOf, type Shape, shapeOf, textOf } from '../api/shape.ts';
import { type AiTelemetryOptions, embedded, isStream, Run } from './run.ts';
import { settingsAttributes } from './settings.ts';

/** What version 7 of the AI SDK calls a telemetry integration, as far as it is used here. */
export interface AiIntegration {
  readonly onStart: (event: unknown) => void;
  readonly onStepStart: (event: unknown) => void;
  readonly onStepEnd: (event: unknown) => void;
  readonly onStepError: (event: unknown) => void;
  readonly onObjectStepStart: (event: unknown) => void;
  readonly onObjectStepEnd: (event: unknown) => void;
  readonly onEmbedStart: (event: unknown) => void;
  readonly onEmbedEnd: (event: unknown) => void;
  readonly onToolExecutionEnd: (event: unknown) => void;
  readonly onEnd: (event: unknown) => void;
  readonly onAbort: (event: unknown) => void;
  readonly onError: (event: unknown) => void;
  readonly executeLanguageModelCall: <T>(options: Execution<T>) => PromiseLike<T>;
  readonly executeTool: <T>(options: Execution<T>) => PromiseLike<T>;
}

interface Execution<T> {
  readonly callId: string;
  readonly execute: () => PromiseLike<T>;
}

/** More runs at a time than this are the runs of a program that never ends them. */
const MAX_RUNS = 4096;

interface OpenRun {
  readonly run: Run;
  /** A run with tools has a span for each step; else it is only one. */
  readonly hasSteps: boolean;
  /** Calls that are only told about: the ones of embedding models, and of `generateObject`. */
  readonly calls: Map<unknown, { readonly call: Call; readonly values: unknown }>;
  readonly tools: Map<string, Call>;
}

/** `isGlobal`: for every call of the program, and not only for those that it is given to. */
export function aiIntegration(options: AiTelemetryOptions, isGlobal: boolean): AiIntegration {
  const runs = new Map<string, OpenRun>();
  const told = (listen: (open: OpenRun, event: Shape) => void) => (event: unknown) => {
    const open = openOf(runs, event);
    if (open !== undefined) guarded(() => listen(open, shapeOf(event)));
  };
  const ended = (listen: (open: OpenRun, event: Shape) => void) =>
    told((open, event) => {
      listen(open, event);
      for (const { call } of open.calls.values()) call.fail(event.error ?? givenUp());
      for (const call of open.tools.values()) call.succeed();
      runs.delete(String(event.callId));
    });
  return {
    onStart: (event) => guarded(() => start(runs, shapeOf(event), options, isGlobal)),
    onStepStart: told(({ run, hasSteps }, { stepNumber }) => {
      if (hasSteps) run.startStep((numberOf(stepNumber) ?? 0) + 1);
    }),
    onStepEnd: told(({ run }) => run.endStep()),
    onStepError: told(({ run }, { error }) => run.endStep(error)),
    onObjectStepStart: told(({ run, calls }, event) => {
      const call = run.openModel(modelStart(event, options));
      if (call !== undefined) calls.set('object', { call, values: undefined });
    }),
    onObjectStepEnd: told(endObject),
    onEmbedStart: told(startEmbedding),
    onEmbedEnd: told(({ calls }, { embedCallId, usage }) => {
      const call = taken(calls, embedCallId)?.call;
      if (call !== undefined) embedded({ usage }, call);
    }),
    onToolExecutionEnd: told(endTool),
    onEnd: ended(({ run }) => run.end()),
    onAbort: ended(({ run }) => run.stopped()),
    onError: ended(({ run, calls }, { error }) => {
      for (const { call } of calls.values()) run.refused(error, call);
      run.fail(error);
    }),
    executeLanguageModelCall: (execution) => {
      const open = openOf(runs, execution);
      const call = guarded(() => open?.run.openModel(modelStart(shapeOf(execution), options)));
      if (open === undefined || call === undefined) return execution.execute();
      return executed(execution, call, open.run, (value) => open.run.answered(value, call));
    },
    executeTool: (execution) => runTool(openOf(runs, execution), execution),
  };
}

function openOf(runs: ReadonlyMap<string, OpenRun>, event: unknown): OpenRun | undefined {
  return runs.get(textOf(shapeOf(event).callId) ?? '');
}

function guarded<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    telemetryFailed(error);
    return undefined;
  }
}

function start(runs: Map<string, OpenRun>, event: Shape, options: AiTelemetryOptions, isGlobal: boolean): void {
  const { callId, operationId, functionId, provider, modelId, tools } = event;
  const id = textOf(callId);
  const operation = textOf(operationId);
  if (id === undefined || operation === undefined) {
    unknownEvent(event, isGlobal);
    return;
  }
  if (activeTracer() === undefined || runs.has(id)) return;
  const begun = { operationId: operation, functionId: textOf(functionId), provider: textOf(provider) };
  const run = Run.start({ ...begun, model: textOf(modelId) }, options);
  if (run === undefined) return;
  if (isStream(operation)) run.streamsFor(run);
  const hasSteps = Object.keys(shapeOf(tools)).length > 0;
  runs.set(id, { run, hasSteps, calls: new Map(), tools: new Map() });
  if (runs.size > MAX_RUNS) runs.delete(runs.keys().next().value as string);
}

/** Version 6 has integrations, too, which are told less; there the tracer does the work. */
function unknownEvent({ model }: Shape, isGlobal: boolean): void {
  const isVersion6 = textOf(shapeOf(model).modelId) !== undefined;
  if (isGlobal) notice('traceAiSdk needs version 7 of the AI SDK; for others give aiTelemetry() to each call');
  else if (!isVersion6) notice('aiTelemetry: this version of the AI SDK is not known; its calls are not traced');
}

/** The same texts again: the attempt before has failed, and nobody told. */
function startEmbedding({ run, calls }: OpenRun, event: Shape): void {
  const { embedCallId, operationId, values } = event;
  for (const [key, earlier] of calls) {
    if (earlier.values === values || operationId === 'ai.embed.doEmbed') taken(calls, key)?.call.fail(givenUp());
  }
  const call = run.openEmbedding(embeddingStart(event));
  if (call !== undefined) calls.set(embedCallId, { call, values });
}

/** What became of an attempt that nobody told the error of. */
function givenUp(): Error {
  return new Error('This attempt failed and was made again.');
}

function taken<K, V>(calls: Map<K, V>, key: K): V | undefined {
  const call = calls.get(key);
  calls.delete(key);
  return call;
}

function modelStart(event: Shape, options: AiTelemetryOptions) {
  const { provider, modelId, promptMessages, messages } = event;
  const settings = { ...event, messages: messages ?? promptMessages };
  return {
    provider: textOf(provider),
    model: textOf(modelId),
    attributes: settingsAttributes(settings, options.captureInput === true),
  };
}

function embeddingStart({ provider, modelId, values, dimensions }: Shape) {
  const attributes = known<number>({
    [ATTR.batchSize]: Array.isArray(values) && values.length > 0 ? values.length : undefined,
    [ATTR.dimensions]: numberOf(dimensions),
  });
  return { provider: textOf(provider), model: textOf(modelId), attributes };
}

/** `generateObject` and `streamObject` only tell what they got in the end. */
function endObject(open: OpenRun, event: Shape): void {
  const { finishReason, usage, response, objectText, msToFirstChunk, request } = event;
  const call = taken(open.calls, 'object')?.call;
  if (call === undefined) return;
  const ms = numberOf(msToFirstChunk);
  if (ms !== undefined) {
    factsOf(call).attributes({ [ATTR.requestStream]: true, [ATTR.timeToFirstChunk]: ms / 1000 });
  }
  open.run.answered({ content: [{ type: 'text', text: objectText }], finishReason, usage, response, request }, call);
}

function runTool<T>(open: OpenRun | undefined, execution: Execution<T>): PromiseLike<T> {
  const call = guarded(() => (open === undefined ? undefined : startTool(open, shapeOf(execution))));
  if (open === undefined || call === undefined) return execution.execute();
  // What the tool returned is told afterwards.
  return executed(execution, call, open.run, () => call.overAt(performance.now()));
}

function startTool(open: OpenRun, execution: Shape): Call | undefined {
  const { toolName, input } = shapeOf(execution.toolCall);
  const id = textOf(execution.toolCallId);
  const call = open.run.openTool(textOf(toolName) ?? 'tool', id, input);
  if (call !== undefined && id !== undefined) open.tools.set(id, call);
  return call;
}

function endTool(open: OpenRun, { toolCall, toolOutput }: Shape): void {
  const call = taken(open.tools, textOf(shapeOf(toolCall).toolCallId) ?? '');
  const { type, output, error } = shapeOf(toolOutput);
  if (type === 'tool-error') call?.fail(error);
  else call?.succeed(output);
}

function executed<T>(
  { execute }: Execution<T>,
  call: Call,
  run: Run,
  onValue: (value: unknown) => void,
): PromiseLike<T> {
  const failed = (error: unknown): never => {
    run.refused(error, call);
    throw error;
  };
  let answer: PromiseLike<T>;
  try {
    answer = call.run(execute);
  } catch (error) {
    return failed(error);
  }
  return answer.then((value) => {
    onValue(value);
    return value;
  }, failed);
}
