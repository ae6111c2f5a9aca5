import { hook } from '../../watch.ts';
import { hookMethod } from '../api/hook-method.ts';
import { type Shape, shapeOf } from '../api/shape.ts';

/** Must not throw. */
export interface QueryListener {
  /** A message of the agent is here, whether or not the host has read it. */
  message(value: unknown): void;
  /** Does what the agent asks of the host: permission to use a tool, a hook, a tool of the host's own. */
  request(request: Shape, body: () => unknown): unknown;
  /** The host wants the run to stop. */
  stopping(): void;
}

/**
 * Listens where the SDK itself does: messages come in while the host is busy with earlier ones, and their times count.
 * Without the parts that are looked for here, messages are told when the host reads them, and the rest is not known.
 */
export function listen(query: object, listener: QueryListener): void {
  const { inputStream } = query as { inputStream?: unknown };
  if (typeof shapeOf(inputStream).enqueue === 'function') {
    hook(
      inputStream as object,
      'enqueue',
      (original) =>
        function (this: unknown, ...args) {
          listener.message(args[0]);
          return Reflect.apply(original, this, args);
        },
    );
  }
  hook(
    query,
    'processControlRequest',
    (original) =>
      function (this: unknown, ...args) {
        return listener.request(shapeOf(shapeOf(args[0]).request), () => Reflect.apply(original, this, args));
      },
  );
  for (const name of ['interrupt', 'close']) {
    hookMethod(query, name, (original, self, args) => {
      listener.stopping();
      return Reflect.apply(original, self, args);
    });
  }
}
