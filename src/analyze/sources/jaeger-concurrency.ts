type Settled<R> = { readonly ok: true; readonly value: R } | { readonly ok: false; readonly error: unknown };

/**
 * Maps items with up to `width` of them under way at a time, and yields the results in the items' order. The first
 * error in that order is thrown; then, and when the loop is left early, the rest under way is told to stop.
 */
export async function* mapInOrder<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, signal: AbortSignal) => Promise<R>,
  outer?: AbortSignal,
): AsyncGenerator<R, void, void> {
  const abort = new AbortController();
  const onAbort = () => abort.abort(outer?.reason);
  if (outer?.aborted === true) onAbort();
  outer?.addEventListener('abort', onAbort, { once: true });
  // Settled at once: an error waits for its turn and must not count as unhandled until then.
  const start = (item: T): Promise<Settled<R>> =>
    work(item, abort.signal).then(
      (value) => ({ ok: true, value }),
      (error: unknown) => ({ ok: false, error }),
    );
  const underWay: Promise<Settled<R>>[] = [];
  let next = 0;
  try {
    for (let at = 0; at < items.length; at++) {
      while (next < items.length && underWay.length < Math.max(1, width)) underWay.push(start(items[next++]!));
      const settled = await underWay.shift()!;
      if (!settled.ok) throw settled.error;
      yield settled.value;
    }
  } finally {
    outer?.removeEventListener('abort', onAbort);
    abort.abort();
  }
}
