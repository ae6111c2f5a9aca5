import { sipHash } from '../siphash.ts';

/** What stands in the place of a text that is elsewhere in the trace. */
export interface TextReference {
  /** SipHash-2-4 of the text's UTF-8 with a key of zeros: 16 hex digits. */
  readonly ref: string;
  /** Length of the text in UTF-16 units. */
  readonly chars: number;
}

/** Characters that a text has at least for a reference to be worth it. */
export const SHARED_CHARS = 1024;

const NO_KEY = [0, 0, 0, 0] as const;
const encoder = new TextEncoder();

export function textHash(text: string): string {
  const bytes = encoder.encode(text);
  return sipHash(NO_KEY, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), bytes.byteLength);
}

export interface Shared {
  readonly json: string;
  /** Hashes of the large texts that are still in it. */
  readonly carried: readonly string[];
}

/** JSON with references in place of the large texts that have been `seen` in this trace. What is no JSON stays as it is. */
export function shareTexts(json: string, seen: ReadonlySet<string>): Shared {
  if (json.length < SHARED_CHARS || !/^["[{]/.test(json)) return { json, carried: [] };
  const carried: string[] = [];
  let isChanged = false;
  let value: unknown;
  try {
    value = JSON.parse(json, (_key, part: unknown) => {
      if (typeof part !== 'string' || part.length < SHARED_CHARS) return part;
      const ref = textHash(part);
      if (seen.has(ref)) {
        isChanged = true;
        return { ref, chars: part.length } satisfies TextReference;
      }
      carried.push(ref);
      return part;
    });
  } catch {
    return { json, carried: [] };
  }
  return { json: isChanged ? JSON.stringify(value) : json, carried };
}
