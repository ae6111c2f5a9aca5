import type { Attributes, Context } from '@opentelemetry/api';
import type { Call } from '../../call.ts';
import { captureJson } from '../../capture.ts';
import { openSpec } from '../../open-call.ts';
import { ATTR } from '../../semconv.ts';
import type { ClientOptions } from '../api/options.ts';
import { type Shape, shapeOf, textOf } from '../api/shape.ts';
import { markFailed } from './mark-failed.ts';

/** The tools that run, by the ids that the model gave them. */
export class ToolUses {
  readonly #options: ClientOptions;
  readonly #open = new Map<string, Call>();
  readonly #denied = new Set<string>();

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  start({ id, name, input }: Shape, parent: Context, attributes: Attributes): Call | undefined {
    const useId = textOf(id);
    if (useId === undefined || this.#open.has(useId)) return undefined;
    const captureOutput = this.#options.captureOutput === true;
    const call = openSpec({
      kind: 'tool',
      name: textOf(name) ?? 'tool',
      options: { captureOutput, attributes },
      parent,
    });
    if (call === undefined) return undefined;
    this.#open.set(useId, call);
    call.answers(useId);
    if (this.#options.captureInput === true) {
      call.tell((span) => span.setAttribute(ATTR.toolArguments, captureJson(input)));
    }
    return call;
  }

  get(useId: string | undefined): Call | undefined {
    return useId === undefined ? undefined : this.#open.get(useId);
  }

  /** The host did not let it run; its result says so to the model. */
  denied(useId: string): void {
    if (this.#open.has(useId)) this.#denied.add(useId);
  }

  end(useId: string, { is_error: isError, content }: Shape): void {
    const call = this.#open.get(useId);
    if (call === undefined) return;
    this.#open.delete(useId);
    const isDenied = this.#denied.delete(useId);
    if (isError === true) markFailed(call, isDenied ? 'permission_denied' : 'tool_error');
    call.succeed(content);
  }

  /** Those that nothing more will be heard of. */
  endAll(end: (call: Call) => void): void {
    const open = [...this.#open.values()].reverse();
    this.#open.clear();
    for (const call of open) end(call);
  }
}

/** Which tool a request of the agent to its host is about. */
export function toolUseIdOf({ tool_use_id: id, message }: Shape): string | undefined {
  const { _meta: meta } = shapeOf(shapeOf(message).params);
  return textOf(id) ?? textOf(shapeOf(meta)['claudecode/toolUseId']);
}
