import type { Call } from '../../call.ts';
import { captureJson, captureText } from '../../capture.ts';
import { ATTR } from '../../semconv.ts';
import { parsed } from '../api/messages.ts';
import type { RunSpec } from '../api/runs.ts';
import { shapeOf, textOf } from '../api/shape.ts';
import type { LangchainOptions } from './options.ts';
import type { Run } from './runs.ts';

export function toolSpec(run: Run, toolCallId: string | undefined, options: LangchainOptions): RunSpec {
  const args = parsed(run.input);
  const input = options.captureInput === true ? { [ATTR.toolArguments]: captureJson(args) } : {};
  return {
    kind: 'tool',
    name: run.name ?? run.path.at(-1) ?? 'tool',
    args: [args],
    toolCallId,
    read: (output, call) => readOutput(output, call, toolCallId !== undefined),
    options: { attributes: { ...input, ...options.attributes }, captureOutput: options.captureOutput === true },
  };
}

/** A tool that is called by a model returns a message, which tells what call it answers. */
function readOutput(output: unknown, call: Call, isLinked: boolean): unknown {
  const { tool_call_id: toolCallId, content } = shapeOf(output);
  const id = textOf(toolCallId);
  if (id === undefined) return output;
  if (!isLinked) call.answers(id);
  return content;
}

export function retrieverSpec(run: Run, options: LangchainOptions): RunSpec {
  const isText = options.captureInput === true && typeof run.input === 'string';
  const input = isText ? { [ATTR.retrievalQuery]: captureText(run.input as string) } : {};
  return {
    kind: 'retrieval',
    name: run.name ?? run.path.at(-1) ?? 'retriever',
    args: [run.input],
    options: { attributes: { ...input, ...options.attributes }, captureOutput: options.captureOutput === true },
  };
}
