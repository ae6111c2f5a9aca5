import { withCaptureSetting } from '../content/settings.ts';
import { notice } from '../notice.ts';
import { telemetryFailed } from '../telemetry-errors.ts';
import { type OpenRun, Runs, resultOf } from './api/runs.ts';
import { type Shape, shapeOf, textOf } from './api/shape.ts';
import { failAsTold, isCutShort } from './openai-agents/models.ts';
import type { AgentsOptions } from './openai-agents/options.ts';
import { type SdkSpan, specOf } from './openai-agents/specs.ts';
import { forgetTurn, noteAsked } from './openai-agents/tools.ts';

export type { AgentsOptions };

/** What the OpenAI Agents SDK takes as a tracing processor. */
export interface AgentsProcessor {
  onTraceStart(trace: unknown): Promise<void>;
  onTraceEnd(trace: unknown): Promise<void>;
  onSpanStart(span: unknown): Promise<void>;
  onSpanEnd(span: unknown): Promise<void>;
  shutdown(): Promise<void>;
  forceFlush(): Promise<void>;
}

const STORAGE = Symbol.for('openai.agents.core.asyncLocalStorage');

/** One for all processors. */
const runs = new Runs('openai-agents', spanHere);

/** By what the SDK keeps for its own spans. */
function spanHere(): unknown {
  const storage = (globalThis as { [STORAGE]?: { getStore?: () => unknown } })[STORAGE];
  const { active, span } = shapeOf(storage?.getStore?.());
  return active === true ? shapeOf(span).spanId : undefined;
}

/** Far more than the traces that are open at any time; the oldest is forgotten first. */
const MAX_TRACES = 4096;

/** The conversations that traces belong to, by their ids. */
const conversations = new Map<string, string>();

/**
 * A tracing processor for the OpenAI Agents SDK (`@openai/agents` 0.18 and newer): each of the SDK's spans is a span, below
 * what runs where the agent is run. `setTraceProcessors([agentsProcessor()])` has it in place of the SDK's own, which
 * uploads to OpenAI; `addTraceProcessor(agentsProcessor())` beside that.
 */
export function agentsProcessor(given: AgentsOptions = {}): AgentsProcessor {
  const options = withCaptureSetting(given);
  runs.follow();
  return {
    onTraceStart: told((trace) => {
      const id = textOf(trace.traceId);
      const group = textOf(trace.groupId);
      if (id === undefined || group === undefined) return;
      conversations.set(id, group);
      if (conversations.size > MAX_TRACES) conversations.delete(conversations.keys().next().value as string);
    }),
    onTraceEnd: told((trace) => void conversations.delete(String(trace.traceId))),
    onSpanStart: told((span) => {
      const seen = spanOf(span);
      if (seen === undefined) return;
      const { id, parentId } = seen;
      const conversation = conversations.get(String(span.traceId));
      runs.start({ id, parentId, holder: span, conversation, spec: specOf(seen, options) });
    }),
    onSpanEnd: told((span) => {
      const seen = spanOf(span);
      if (seen === undefined) return;
      noteAsked(seen.data, seen.parentId);
      runs.end(seen.id, (run) => end(run, seen, span));
      if (seen.data.type === 'turn') forgetTurn(seen.id);
    }),
    shutdown: () => Promise.resolve(),
    forceFlush: () => Promise.resolve(),
  };
}

function told(listen: (what: Shape) => void): (what: unknown) => Promise<void> {
  return (what) => {
    try {
      listen(shapeOf(what));
    } catch (error) {
      telemetryFailed(error);
    }
    return Promise.resolve();
  };
}

function spanOf({ spanId, parentId, spanData }: Shape): SdkSpan | undefined {
  const id = textOf(spanId);
  if (id === undefined || typeof spanData !== 'object') {
    notice('agentsProcessor: this version of the OpenAI Agents SDK has spans of another shape; they are not traced');
    return undefined;
  }
  return { id, parentId: textOf(parentId), data: shapeOf(spanData) };
}

function end(run: OpenRun, { data }: SdkSpan, span: Shape): void {
  const { call } = run;
  if (call === undefined) return;
  const hasFailed = span.error !== undefined && span.error !== null;
  const isLeft = !hasFailed && isCutShort(data);
  if (isLeft) call.startStream(span);
  const result = resultOf(run, undefined);
  if (hasFailed) failAsTold(shapeOf(span.error), call);
  else if (isLeft) call.stopEarly();
  else call.succeed(result);
}
