import { described } from '../api/error.ts';
import { type RunSpec, Runs, resultOf } from '../api/runs.ts';
import { type Shape, shapeOf, textOf } from '../api/shape.ts';

/** What LangChain tells about the start of a run. */
export interface Run {
  readonly id: string;
  readonly parentId: string | undefined;
  /** Of the class that runs, such as `['langgraph', 'pregel', 'CompiledStateGraph']`. */
  readonly path: readonly string[];
  readonly name: string | undefined;
  /** What runs, as LangChain serializes it. */
  readonly subject: Shape;
  readonly input: unknown;
  readonly tags: readonly string[];
  readonly metadata: Shape;
}

/** One for all handlers. */
const runs = new Runs('langchain', runHere);

const STORAGE = Symbol.for('ls:tracing_async_local_storage');
const CONFIG = Symbol.for('lc:child_config');

/** By what LangChain keeps for code that looks up its own configuration. */
function runHere(): unknown {
  const storage = (globalThis as { [STORAGE]?: { getStore?: () => unknown } })[STORAGE];
  const store = shapeOf(storage?.getStore?.());
  const { [CONFIG]: config } = shapeOf(store.extra) as { readonly [CONFIG]?: unknown };
  // Tools of 0.2 keep the configuration alone.
  return shapeOf(shapeOf(config ?? store).callbacks)._parentRunId;
}

export function followRuns(): void {
  runs.follow();
}

export function startRun(run: Run, spec: RunSpec | undefined): void {
  const { id, parentId, metadata } = run;
  runs.start({ id, parentId, holder: metadata, conversation: conversationOf(metadata), spec });
}

/** LangGraph has its thread's id among the metadata, LangSmith has two more names for it. */
function conversationOf({ thread_id: thread, session_id: session, conversation_id: conversation }: Shape) {
  return textOf(thread) ?? textOf(session) ?? textOf(conversation);
}

export function endRun(id: string, result: unknown): void {
  runs.end(id, (run) => run.call?.succeed(resultOf(run, result)));
}

export function failRun(id: string, error: unknown): void {
  runs.end(id, ({ call }) => {
    if (call === undefined) return;
    if (isAbort(error)) call.stopEarly();
    else if (isControlFlow(error)) call.succeed();
    else call.fail(described(error, call));
  });
}

/** The host left a stream, or gave up waiting. */
function isAbort(error: unknown): boolean {
  const { name, message } = shapeOf(error);
  // LangGraph throws plain errors with texts like these.
  return /^(APIUser|Model)?AbortError$/.test(textOf(name) ?? '') || /^Abort(ed|Error)?$/.test(textOf(message) ?? '');
}

/** What LangGraph throws to pause a graph, or to go on elsewhere. */
function isControlFlow(error: unknown): boolean {
  return shapeOf(error).is_bubble_up === true;
}

/** A piece of a model's stream is here. */
export function streamedPiece(id: string): void {
  const { call, holder } = runs.get(id) ?? {};
  const metadata = holder?.deref();
  if (call === undefined || metadata === undefined) return;
  call.startStream(metadata);
  call.chunk();
  runs.progressed(id);
}
