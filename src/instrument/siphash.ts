/** A key of SipHash: 128 bits as four words, the low half of `k0` first. */
export type SipKey = readonly [k0Low: number, k0High: number, k1Low: number, k1High: number];

/** v0 to v3, each as its low and its high word. */
const state = new Int32Array(8);

/**
 * SipHash-2-4 of the first `length` bytes: 64 bits as 16 hex digits. A keyed hash for short inputs: without the key
 * nobody can tell which input has which hash. (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012.)
 */
export function sipHash(key: SipKey, bytes: DataView, length: number): string {
  start(key);
  const whole = length - (length % 8);
  for (let at = 0; at < whole; at += 8) absorb(bytes.getInt32(at, true), bytes.getInt32(at + 4, true));
  let low = 0;
  let high = length << 24;
  for (let at = whole; at < length; at++) {
    const shift = (at - whole) * 8;
    if (shift < 32) low |= bytes.getUint8(at) << shift;
    else high |= bytes.getUint8(at) << (shift - 32);
  }
  absorb(low, high);
  state[4]! ^= 0xff;
  rounds(4);
  return hex(state[1]! ^ state[3]! ^ state[5]! ^ state[7]!) + hex(state[0]! ^ state[2]! ^ state[4]! ^ state[6]!);
}

function start([k0Low, k0High, k1Low, k1High]: SipKey): void {
  state[0] = k0Low ^ 0x70736575;
  state[1] = k0High ^ 0x736f6d65;
  state[2] = k1Low ^ 0x6e646f6d;
  state[3] = k1High ^ 0x646f7261;
  state[4] = k0Low ^ 0x6e657261;
  state[5] = k0High ^ 0x6c796765;
  state[6] = k1Low ^ 0x79746573;
  state[7] = k1High ^ 0x74656462;
}

function absorb(low: number, high: number): void {
  state[6]! ^= low;
  state[7]! ^= high;
  rounds(2);
  state[0]! ^= low;
  state[1]! ^= high;
}

/** Words of 64 bits as halves, whose sums carry from the low one to the high one. */
function rounds(count: number): void {
  let v0l = state[0]!;
  let v0h = state[1]!;
  let v1l = state[2]!;
  let v1h = state[3]!;
  let v2l = state[4]!;
  let v2h = state[5]!;
  let v3l = state[6]!;
  let v3h = state[7]!;

  for (let i = 0; i < count; i++) {
    let sum = (v0l + v1l) | 0;
    v0h = (v0h + v1h + carry(v0l, sum)) | 0;
    v0l = sum;
    let high = ((v1h << 13) | (v1l >>> 19)) ^ v0h;
    v1l = ((v1l << 13) | (v1h >>> 19)) ^ v0l;
    v1h = high;

    sum = (v2l + v3l) | 0;
    v2h = (v2h + v3h + carry(v2l, sum)) | 0;
    v2l = sum;
    high = ((v3h << 16) | (v3l >>> 16)) ^ v2h;
    v3l = ((v3l << 16) | (v3h >>> 16)) ^ v2l;
    v3h = high;

    // The halves of v0 are swapped: it is rotated by 32.
    sum = (v0h + v3l) | 0;
    v0l = (v0l + v3h + carry(v0h, sum)) | 0;
    v0h = sum;
    high = ((v3h << 21) | (v3l >>> 11)) ^ v0l;
    v3l = ((v3l << 21) | (v3h >>> 11)) ^ v0h;
    v3h = high;

    sum = (v2l + v1l) | 0;
    v2h = (v2h + v1h + carry(v2l, sum)) | 0;
    v2l = sum;
    high = ((v1h << 17) | (v1l >>> 15)) ^ v2h;
    v1l = ((v1l << 17) | (v1h >>> 15)) ^ v2l;
    v1h = high;

    // Both are rotated by 32.
    sum = v0l;
    v0l = v0h;
    v0h = sum;
    sum = v2l;
    v2l = v2h;
    v2h = sum;
  }

  state[0] = v0l;
  state[1] = v0h;
  state[2] = v1l;
  state[3] = v1h;
  state[4] = v2l;
  state[5] = v2h;
  state[6] = v3l;
  state[7] = v3h;
}

/** Of a sum of 32 bits: it is less than what was added to, as unsigned numbers. */
function carry(addend: number, sum: number): number {
  return sum >>> 0 < addend >>> 0 ? 1 : 0;
}

const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hex(word: number): string {
  return BYTES[word >>> 24]! + BYTES[(word >>> 16) & 255]! + BYTES[(word >>> 8) & 255]! + BYTES[word & 255]!;
}
