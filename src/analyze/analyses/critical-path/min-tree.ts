/** Numbers by position that can be searched by size. Positions that were never set hold infinity. */
export interface MinTree {
  set(at: number, value: number): void;
  /** The first position, from `from` on, whose number is at most `limit`; -1: none. */
  firstAtMost(limit: number, from?: number): number;
}

/** A segment tree of minima over `size` positions: both operations take O(log size). */
export function createMinTree(size: number): MinTree {
  const width = 2 ** Math.ceil(Math.log2(Math.max(1, size)));
  // Node i holds the minimum of nodes 2i and 2i+1; the leaves are width … 2*width-1.
  const least = new Float64Array(2 * width).fill(Number.POSITIVE_INFINITY);
  return {
    set(at, value) {
      let node = at + width;
      least[node] = value;
      while (node > 1) {
        node >>= 1;
        least[node] = Math.min(least[2 * node] as number, least[2 * node + 1] as number);
      }
    },
    firstAtMost(limit, from = 0) {
      if (from >= width) return -1;
      let node = from + width;
      while ((least[node] as number) > limit) {
        while (node & 1) node >>= 1; // everything below a right child's parent has been seen
        if (node === 0) return -1;
        node++;
      }
      while (node < width) {
        node *= 2;
        if ((least[node] as number) > limit) node++;
      }
      return node - width;
    },
  };
}
