import type { Call } from '../../call.ts';
import { openSpec } from '../../open-call.ts';
import type { Redact } from '../../redact.ts';
import { runIn } from '../../run-in.ts';
import { ATTR } from '../../semconv.ts';
import { known, type Shape, shapeOf, textOf } from '../api/shape.ts';
import { type ToolUses, toolUseIdOf } from './tool-uses.ts';

/**
 * Does what the agent asks of its host below the tool that it is about, so that spans of the host's own tools, hooks
 * and callbacks are there; how long the host takes to permit a tool is a step of its own.
 */
export function askHost(
  request: Shape,
  body: () => unknown,
  tools: ToolUses,
  agent: Call,
  redact: Redact | undefined,
): unknown {
  const toolUseId = toolUseIdOf(request);
  const parent = (tools.get(toolUseId) ?? agent).context;
  if (request.subtype !== 'can_use_tool') return runIn(parent, body);
  const attributes = known({ [ATTR.name]: textOf(request.tool_name) });
  const step = openSpec({ kind: 'step', name: 'permission', options: { redact, attributes }, parent });
  if (step === undefined) return runIn(parent, body);
  const answer = step.run(body);
  // The SDK waits for it, and nobody else sees it.
  Promise.resolve(answer).then(
    (value) => {
      if (shapeOf(value).behavior === 'deny' && toolUseId !== undefined) tools.denied(toolUseId);
      step.succeed();
    },
    (error: unknown) => step.fail(error),
  );
  return answer;
}
