import type { SpanTree } from './span-tree.ts';

/** Asks for leave to look at one more span. */
export type MayLook = () => boolean;

const FREE_LOOKS = 256;
const SHARED_LOOKS_PER_SPAN = 64;

/**
 * A bound on the searches that R10 and R11 make from many spans, each among many others: so many looks are free for
 * each search, and all searches together have so many more for each span of the trace. Traces that were not made to be
 * hard stay far below; beyond it a search ends as if there were nothing else to find.
 */
export function createLooks(tree: SpanTree): () => MayLook {
  let shared = SHARED_LOOKS_PER_SPAN * tree.size;
  return () => {
    let free = FREE_LOOKS;
    return () => {
      tree.steps++;
      return free-- > 0 || shared-- > 0;
    };
  };
}
