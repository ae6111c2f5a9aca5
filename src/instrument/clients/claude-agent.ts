import { withCaptureSetting } from '../content/settings.ts';
import { notice } from '../notice.ts';
import { activeTracer } from '../open-call.ts';
import type { AnyFunction } from '../options.ts';
import { telemetryFailed } from '../telemetry-errors.ts';
import { isAsyncIterable, watchIterable } from './api/answer.ts';
import type { ClientOptions } from './api/options.ts';
import { listen } from './claude-agent/listen.ts';
import { Run } from './claude-agent/run.ts';

export interface TraceQueryOptions extends ClientOptions {
  /** `gen_ai.agent.name`. Default: the `agent` that the query asks for, else `claude`. */
  readonly name?: string;
}

const views = new WeakSet<AnyFunction>();

/**
 * A view of `query()` of the Claude Agent SDK with a span for every run, and spans below it for the model calls, tools
 * and subagents that its messages tell of. What the view returns is the SDK's own query, with all its methods; the
 * messages, their order and what is thrown are the same. Wrapping a view gives that view.
 *
 * Something that is no function is returned as it is, with one notice; so is what a function of another shape returns.
 */
export function traceQuery<F extends AnyFunction>(query: F, options: TraceQueryOptions = {}): F {
  if (typeof query !== 'function') {
    notice('traceQuery: it needs the function query of the Claude Agent SDK; nothing is traced');
    return query;
  }
  if (views.has(query)) return query;
  const setting = withCaptureSetting(options);
  const view = new Proxy(query, {
    apply: (target, self, args: unknown[]) => traced(() => Reflect.apply(target, self, args), args[0], setting),
  });
  views.add(view);
  return view;
}

function traced(start: () => unknown, params: unknown, options: TraceQueryOptions): unknown {
  if (activeTracer() === undefined) return start();
  const run = opened(params, options);
  if (run === undefined) return start();
  let query: unknown;
  try {
    // The SDK starts its process here and hands the active context to it.
    query = run.agent.run(start);
  } catch (error) {
    run.agent.fail(error);
    throw error;
  }
  try {
    observe(query, run);
  } catch (error) {
    telemetryFailed(error);
    run.agent.succeed();
  }
  return query;
}

function opened(params: unknown, options: TraceQueryOptions): Run | undefined {
  try {
    return Run.open(params, options);
  } catch (error) {
    telemetryFailed(error);
    return undefined;
  }
}

function observe(query: unknown, run: Run): void {
  if (!isAsyncIterable(query)) {
    notice('traceQuery: the function returned no stream of messages; its runs are not traced');
    run.agent.succeed();
    return;
  }
  listen(query, run);
  watchIterable(query, run.agent, { streamOf: () => undefined, describe: (error) => run.described(error) });
}
