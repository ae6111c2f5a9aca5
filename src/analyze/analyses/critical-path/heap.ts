/** A binary heap: `pop` gives the item that comes before all others. */
export interface Heap {
  readonly size: number;
  peek(): number | undefined;
  push(item: number): void;
  pop(): number | undefined;
}

export function createHeap(comesBefore: (a: number, b: number) => boolean): Heap {
  const items: number[] = [];

  function swapIfBefore(child: number, parent: number): boolean {
    const [a, b] = [items[child] as number, items[parent] as number];
    if (!comesBefore(a, b)) return false;
    items[child] = b;
    items[parent] = a;
    return true;
  }

  function sink(): void {
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      if (left >= items.length) return;
      const right = left + 1;
      const isRight = right < items.length && comesBefore(items[right] as number, items[left] as number);
      const child = isRight ? right : left;
      if (!swapIfBefore(child, at)) return;
      at = child;
    }
  }

  return {
    get size() {
      return items.length;
    },
    peek: () => items[0],
    push(item) {
      items.push(item);
      for (let at = items.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1;
        if (!swapIfBefore(at, parent)) return;
        at = parent;
      }
    },
    pop() {
      const first = items[0];
      const last = items.pop();
      if (items.length > 0 && last !== undefined) {
        items[0] = last;
        sink();
      }
      return first;
    },
  };
}
