import { type Interval, partitionPoint } from './intervals.ts';
import { type Segment, type SegmentKind, VIRTUAL_ROOT, type Via } from './types.ts';

/**
 * The window, to be given away piece by piece: every instant goes to the first who claims it. The order of the claims
 * is therefore the order of precedence.
 *
 * All claims begin and end where some span does, so the window is cut into cells at those times; which cells are still
 * free is kept as a forest of pointers to the next free one. Each cell is given away once.
 */
export interface Timeline {
  /** Gives what is free of the interval to a span. */
  claim(interval: Interval, span: number, kindAt: (time: number) => SegmentKind): void;
  /** Says how the span that will own it came onto the path; what was said first stays. Only for what is free. */
  mark(interval: Interval, howAt: (time: number) => How): void;
  isAnyFree(interval: Interval): boolean;
  /** Whether the instant before a time is free. */
  isFreeBefore(time: number): boolean;
  /** What was claimed, in order of time, neighbours with the same owner joined. `virtualRoot` is that span's number. */
  segments(virtualRoot: number): Segment[];
  /** Cells looked at so far. */
  readonly steps: number;
}

export interface How {
  readonly via: Via;
  readonly wait?: number;
}

const KINDS: readonly SegmentKind[] = ['self', 'overlapped', 'wait', 'untraced'];
const VIAS: readonly Via[] = ['hoist', 'wait', 'adopt'];
const NOBODY = -1;

/**
 * `times`: every time at which a claim may begin or end, ascending, each once; the first and the last are the window.
 */
export function createTimeline(times: Float64Array): Timeline {
  const cells = Math.max(0, times.length - 1);
  const owner = new Int32Array(cells).fill(NOBODY);
  const kind = new Uint8Array(cells);
  const via = new Int8Array(cells).fill(NOBODY);
  const wait = new Int32Array(cells).fill(NOBODY);
  const free = createRemaining(cells);
  const unmarked = createRemaining(cells);
  let steps = 0;

  /** The cell that begins at a time; `cells` at the end of the window and after it. */
  const cellAt = (time: number): number => partitionPoint(cells, (at) => (times[at] as number) < time);

  function segments(virtualRoot: number): Segment[] {
    const result: Segment[] = [];
    for (let from = 0, to = 1; from < cells; from = to, to++) {
      while (to < cells && isSame(from, to)) to++;
      result.push({
        span: owner[from] === virtualRoot ? VIRTUAL_ROOT : (owner[from] as number),
        start: times[from] as number,
        end: times[to] as number,
        kind: KINDS[kind[from] as number] as SegmentKind,
        ...(via[from] === NOBODY ? {} : { via: VIAS[via[from] as number] as Via }),
        ...(wait[from] === NOBODY ? {} : { wait: wait[from] as number }),
      });
    }
    return result;
  }

  const isSame = (a: number, b: number): boolean =>
    owner[a] === owner[b] && kind[a] === kind[b] && via[a] === via[b] && wait[a] === wait[b];

  return {
    get steps() {
      return steps;
    },
    claim({ start, end }, span, kindAt) {
      const last = cellAt(end);
      for (let cell = free.from(cellAt(start)); cell < last; cell = free.from(cell + 1)) {
        steps++;
        owner[cell] = span;
        kind[cell] = KINDS.indexOf(kindAt(times[cell] as number));
        free.remove(cell);
        unmarked.remove(cell);
      }
    },
    mark({ start, end }, howAt) {
      const last = cellAt(end);
      for (let cell = unmarked.from(cellAt(start)); cell < last; cell = unmarked.from(cell + 1)) {
        steps++;
        const how = howAt(times[cell] as number);
        via[cell] = VIAS.indexOf(how.via);
        wait[cell] = how.wait ?? NOBODY;
        unmarked.remove(cell);
      }
    },
    isAnyFree: ({ start, end }) => free.from(cellAt(start)) < cellAt(end),
    isFreeBefore(time) {
      const cell = cellAt(time) - 1;
      return cell >= 0 && free.from(cell) === cell;
    },
    segments,
  };
}

/** The numbers 0 … size-1, of which some are removed. */
function createRemaining(size: number) {
  const next = new Uint32Array(size + 1);
  for (let i = 0; i <= size; i++) next[i] = i;
  return {
    /** The first remaining number that is no smaller; `size` if there is none. */
    from(number: number): number {
      let at = number;
      while (next[at] !== at) {
        next[at] = next[next[at] as number] as number;
        at = next[at] as number;
      }
      return at;
    },
    remove(number: number): void {
      next[number] = number + 1;
    },
  };
}
