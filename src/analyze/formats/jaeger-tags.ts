import type { JaegerTag } from './jaeger-types.ts';
import { isFields } from './json-values.ts';
import type { OtlpAttribute, OtlpValue } from './otlp-types.ts';

export interface SortedTags {
  /** Those that stay attributes, in their order. */
  readonly attributes: readonly OtlpAttribute[];
  /** Those that stand for something else: the first of each key. */
  readonly taken: ReadonlyMap<string, OtlpValue>;
}

const NONE: ReadonlyMap<string, OtlpValue> = new Map();

/** Tags as attributes. Keys in `wanted` whose value is as described there are taken out; what has no key is left out. */
export function sortTags(tags: unknown, wanted?: ReadonlyMap<string, (value: OtlpValue) => boolean>): SortedTags {
  const attributes: OtlpAttribute[] = [];
  let taken: Map<string, OtlpValue> | undefined;
  for (const tag of Array.isArray(tags) ? (tags as readonly unknown[]) : []) {
    if (!isFields(tag) || typeof tag.key !== 'string') continue;
    const { key } = tag;
    const value = tagValue(tag);
    if (value === undefined) attributes.push({ key });
    else if (wanted?.get(key)?.(value) !== true || taken?.has(key) === true) attributes.push({ key, value });
    else {
      taken ??= new Map();
      taken.set(key, value);
    }
  }
  return { attributes, taken: taken ?? NONE };
}

/** By the tag's type, as far as its value is of that type, else by the value's own. */
function tagValue({ type, value }: JaegerTag): OtlpValue | undefined {
  if (typeof value === 'string') return textValue(type, value);
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && type !== 'float64' ? { intValue: String(value) } : { doubleValue: value };
  }
  return value === undefined || value === null ? undefined : { stringValue: JSON.stringify(value) };
}

function textValue(type: unknown, text: string): OtlpValue {
  if (type === 'bool' && (text === 'true' || text === 'false')) return { boolValue: text === 'true' };
  if (type === 'int64' && /^-?\d{1,19}$/.test(text)) return { intValue: text };
  if (type === 'float64' && isFloat(text)) return { doubleValue: floatOf(text) };
  return type === 'binary' ? { bytesValue: text } : { stringValue: text };
}

function isFloat(text: string): boolean {
  return /^(NaN|-?Infinity|-?\d+(\.\d+)?([eE][-+]?\d+)?)$/.test(text);
}

/** JSON has no word for the last three; OTLP writes them as text. */
function floatOf(text: string): number | string {
  return Number.isFinite(Number(text)) ? Number(text) : text;
}
