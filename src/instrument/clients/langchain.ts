import { withCaptureSetting } from '../content/settings.ts';
import { notice } from '../notice.ts';
import { telemetryFailed } from '../telemetry-errors.ts';
import type { RunSpec } from './api/runs.ts';
import { type Shape, shapeOf, textOf } from './api/shape.ts';
import { chainSpec } from './langchain/chains.ts';
import { modelSpec } from './langchain/models.ts';
import type { LangchainOptions } from './langchain/options.ts';
import { endRun, failRun, followRuns, type Run, startRun, streamedPiece } from './langchain/runs.ts';
import { retrieverSpec, toolSpec } from './langchain/tools.ts';

export type { LangchainOptions };

/** Told about the start of a run: what runs, its input, its id, that of the run it is part of, and more by position. */
type OnStart = (...told: unknown[]) => void;
type OnEnd = (result: unknown, runId: string) => void;

/** What LangChain takes as a callback handler, as far as it is used here. */
export interface LangchainHandler {
  readonly name: string;
  /** LangChain waits for it: only so is it told of a run when that begins, in the context that it begins in. */
  readonly awaitHandlers: true;
  readonly raiseError: false;
  readonly handleLLMStart: OnStart;
  readonly handleChatModelStart: OnStart;
  readonly handleLLMNewToken: (token: unknown, position: unknown, runId: string) => void;
  readonly handleLLMEnd: OnEnd;
  readonly handleLLMError: OnEnd;
  readonly handleChainStart: OnStart;
  readonly handleChainEnd: OnEnd;
  readonly handleChainError: OnEnd;
  readonly handleToolStart: OnStart;
  readonly handleToolEnd: OnEnd;
  readonly handleToolError: OnEnd;
  readonly handleRetrieverStart: OnStart;
  readonly handleRetrieverEnd: OnEnd;
  readonly handleRetrieverError: OnEnd;
}

/**
 * A callback handler for LangChain and LangGraph (`@langchain/core` 0.2 and newer): `callbacks: [langchainHandler()]` in
 * what a run is given, or where a model, a tool or a chain is made. Models, tools, retrievers, graphs and their nodes
 * have a span each, below what runs where they are started. A run that is told to several handlers has one span.
 */
export function langchainHandler(given: LangchainOptions = {}): LangchainHandler {
  const options = withCaptureSetting(given);
  followRuns();
  const begins = (at: Positions, describe: (run: Run, more: Shape) => RunSpec | undefined): OnStart => {
    return (...told) =>
      guarded(() => {
        const run = runOf(told, at);
        if (run === undefined) return;
        const spec = describe(run, { extra: told[at.extra ?? -1], toolCallId: told[at.id ?? -1] });
        startRun(run, spec && { ...spec, options: { redact: options.redact, ...spec.options } });
      });
  };
  const ended: OnEnd = (result, runId) => guarded(() => endRun(runId, result));
  const failed: OnEnd = (error, runId) => guarded(() => failRun(runId, error));
  const model = { extra: 4, tags: 5, metadata: 6, name: 7 };
  return {
    name: 'trace-analyze',
    awaitHandlers: true,
    raiseError: false,
    handleLLMStart: begins(model, (run, { extra }) => modelSpec('text_completion', run, shapeOf(extra), options)),
    handleChatModelStart: begins(model, (run, { extra }) => modelSpec('chat', run, shapeOf(extra), options)),
    handleLLMNewToken: (_token, _position, runId) => guarded(() => streamedPiece(runId)),
    handleLLMEnd: ended,
    handleLLMError: failed,
    handleChainStart: begins({ tags: 4, metadata: 5, name: 7 }, (run) => chainSpec(run, options)),
    handleChainEnd: ended,
    handleChainError: failed,
    handleToolStart: begins({ tags: 4, metadata: 5, name: 6, id: 7 }, (run, { toolCallId }) =>
      toolSpec(run, textOf(toolCallId), options),
    ),
    handleToolEnd: ended,
    handleToolError: failed,
    handleRetrieverStart: begins({ tags: 4, metadata: 5, name: 6 }, (run) => retrieverSpec(run, options)),
    handleRetrieverEnd: ended,
    handleRetrieverError: failed,
  };
}

/** Where what is told about a start has what. */
interface Positions {
  readonly tags: number;
  readonly metadata: number;
  readonly name: number;
  readonly extra?: number;
  readonly id?: number;
}

function runOf(told: readonly unknown[], at: Positions): Run | undefined {
  const [subject, input, runId, parentRunId] = told;
  const id = textOf(runId);
  if (id === undefined) {
    notice('langchainHandler: this version of LangChain tells of runs without ids; they are not traced');
    return undefined;
  }
  const { id: path, name } = shapeOf(subject);
  return {
    id,
    parentId: textOf(parentRunId),
    path: Array.isArray(path) ? path.map(String) : [],
    name: textOf(told[at.name]) ?? textOf(name),
    subject: shapeOf(subject),
    input,
    tags: Array.isArray(told[at.tags]) ? (told[at.tags] as unknown[]).map(String) : [],
    metadata: shapeOf(told[at.metadata]),
  };
}

function guarded(body: () => void): void {
  try {
    body();
  } catch (error) {
    telemetryFailed(error);
  }
}
