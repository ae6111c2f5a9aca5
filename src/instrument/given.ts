import type { Call } from './call.ts';
import type { Kind } from './kinds.ts';
import type { WrapOptions } from './options.ts';
import { ATTR } from './semconv.ts';
import { telemetryFailed } from './telemetry-errors.ts';

/** Kinds whose calls are compared by what they are given. For the others it is an option. */
const COMPARED: ReadonlySet<Kind> = new Set(['tool', 'retrieval', 'llm', 'embedding']);

/** What to compare a call by; undefined: it is not compared. */
export function comparedBy(
  kind: Kind,
  { hashes }: WrapOptions,
  args: readonly unknown[],
): readonly unknown[] | undefined {
  if (typeof hashes === 'function') return [hashes(args as never)];
  if (!(hashes ?? COMPARED.has(kind))) return undefined;
  // A model that is given nothing has its prompt from elsewhere.
  return kind === 'tool' || args.length > 0 ? args : undefined;
}

/** Writes what the arguments of a call say about it. */
export function noteGiven(call: Call, kind: Kind, options: WrapOptions, args: readonly unknown[]): void {
  if (options.callId !== undefined) {
    const id = options.callId(args as never);
    if (typeof id === 'string' && id !== '') call.answers(id);
  }
  const [first] = args;
  if (kind === 'embedding' && Array.isArray(first))
    call.tell((span) => span.setAttribute(ATTR.batchSize, first.length));
}

/** What `read` finds; undefined where it throws. */
export function tried<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    telemetryFailed(error);
    return undefined;
  }
}
