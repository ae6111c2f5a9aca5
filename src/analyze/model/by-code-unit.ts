/** Negative if `a` comes before `b` by code unit: the order of every list here, whatever the locale. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
