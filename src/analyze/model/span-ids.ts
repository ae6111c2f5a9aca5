import { growingColumn } from './columns.ts';

/**
 * Span ids as small integers. Ids of exactly 16 lower-case hex digits are kept as two 32-bit words in a hash table;
 * every other id (`A`, UUIDs, 15 digits) is kept as the text it came as, and case counts.
 */
export interface SpanIds {
  readonly size: number;
  intern(id: string): number;
  print(index: number): string;
}

const HEX16 = /^[0-9a-f]{16}$/;
const NOT_NUMERIC = 0xffffffff;

export function createSpanIds(seed = Math.floor(Math.random() * 0x7fffffff)): SpanIds {
  const high = growingColumn(Uint32Array);
  const low = growingColumn(Uint32Array);
  const textAt = new Map<number, string>();
  const textIndex = new Map<string, number>();
  let slots = new Int32Array(4096).fill(-1);
  let numeric = 0;

  function slotOf(hi: number, lo: number): number {
    const mask = slots.length - 1;
    let at = mix(hi, lo, seed) & mask;
    for (;;) {
      const index = slots[at] as number;
      if (index < 0 || (high.get(index) === hi && low.get(index) === lo && !textAt.has(index))) return at;
      at = (at + 1) & mask;
    }
  }

  function grow(): void {
    const old = slots;
    slots = new Int32Array(old.length * 2).fill(-1);
    for (const index of old) if (index >= 0) slots[slotOf(high.get(index), low.get(index))] = index;
  }

  function internText(id: string): number {
    const known = textIndex.get(id);
    if (known !== undefined) return known;
    const index = high.length;
    high.push(NOT_NUMERIC);
    low.push(NOT_NUMERIC);
    textAt.set(index, id);
    textIndex.set(id, index);
    return index;
  }

  function intern(id: string): number {
    if (id.length !== 16 || !HEX16.test(id)) return internText(id);
    const hi = Number.parseInt(id.slice(0, 8), 16);
    const lo = Number.parseInt(id.slice(8), 16);
    const at = slotOf(hi, lo);
    const known = slots[at] as number;
    if (known >= 0) return known;
    const index = high.length;
    high.push(hi);
    low.push(lo);
    slots[at] = index;
    if (++numeric * 2 > slots.length) grow();
    return index;
  }

  return {
    get size() {
      return high.length;
    },
    intern,
    print: (index) => textAt.get(index) ?? hex8(high.get(index)) + hex8(low.get(index)),
  };
}

/** Seeded per process, so that crafted ids cannot be made to collide. */
function mix(hi: number, lo: number, seed: number): number {
  let h = Math.imul(hi ^ seed, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15) ^ lo, 0xc2b2ae35);
  return (h ^ (h >>> 13)) >>> 0;
}

const hex8 = (word: number): string => word.toString(16).padStart(8, '0');
