/** More values than are captured before they are on a span. */
const MAX_KNOWN = 64;

const known = new Map<string, number>();

/** Something was left out of a captured value in so many places: for the span that it will be on. */
export function noteCuts(captured: string, cuts: number): void {
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(captured, cuts);
}

export function takeCuts(captured: string): number {
  if (known.size === 0) return 0;
  const cuts = known.get(captured) ?? 0;
  if (cuts > 0) known.delete(captured);
  return cuts;
}
