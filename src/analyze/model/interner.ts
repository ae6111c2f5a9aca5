/** Strings as small integers: equal strings share one number, numbers count up from 0. */
export interface Interner {
  readonly size: number;
  intern(text: string): number;
  /** The string behind a number that `intern` gave out. */
  text(index: number): string;
  /** The number of a string already seen, or -1. */
  find(text: string): number;
}

export function createInterner(): Interner {
  const indexOf = new Map<string, number>();
  const texts: string[] = [];
  return {
    get size() {
      return texts.length;
    },
    intern(text) {
      const known = indexOf.get(text);
      if (known !== undefined) return known;
      const index = texts.length;
      texts.push(text);
      indexOf.set(text, index);
      return index;
    },
    text: (index) => texts[index] as string,
    find: (text) => indexOf.get(text) ?? -1,
  };
}
