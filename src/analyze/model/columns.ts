/** Growable numeric columns: typed arrays that double. Writing past the end grows; reading past the end is a bug. */
type Column = Float64Array | Uint32Array | Int32Array | Uint8Array;

export interface GrowingColumn<T extends Column> {
  readonly length: number;
  push(value: number): void;
  set(index: number, value: number): void;
  get(index: number): number;
  /** A view of what was written. Valid until the next `push`. */
  view(): T;
}

/** A column that starts at `capacity` elements of the given typed-array constructor. */
export function growingColumn<T extends Column>(make: new (size: number) => T, capacity = 1024): GrowingColumn<T> {
  let data = new make(capacity);
  let length = 0;
  return {
    get length() {
      return length;
    },
    push(value) {
      if (length === data.length) {
        const bigger = new make(data.length * 2);
        bigger.set(data);
        data = bigger;
      }
      data[length++] = value;
    },
    set(index, value) {
      data[index] = value;
    },
    get(index) {
      return data[index] as number;
    },
    view() {
      return data.subarray(0, length) as T;
    },
  };
}
